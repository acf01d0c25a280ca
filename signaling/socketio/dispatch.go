package socketio

import "sync"

// task is a packet to handle or a function to run.
type task struct {
	packet *packet
	run    func()
}

// dispatcher runs the tasks of one connection in order, on a goroutine that lives only as long as there are any. So
// handlers may take their time while heartbeats and acks are still read, and an idle connection costs no goroutine.
type dispatcher struct {
	handle   func(task)
	finished func() // called once, after finish, when the last task has run

	mu      sync.Mutex
	tasks   []task
	running bool
	closed  bool          // no more packets
	over    bool          // finished has been called
	room    chan struct{} // closed when there is room again; nil when nobody waits
}

// push adds a packet, and waits while there are most already. After finish, packets are dropped.
func (d *dispatcher) push(p *packet, most int) {
	for {
		d.mu.Lock()
		if d.closed {
			d.mu.Unlock()
			return
		}
		if len(d.tasks) < most {
			d.tasks = append(d.tasks, task{packet: p})
			d.startLocked()
			d.mu.Unlock()
			return
		}
		if d.room == nil {
			d.room = make(chan struct{})
		}
		wait := d.room
		d.mu.Unlock()
		<-wait
	}
}

// add adds a function to run. When all is over it runs here and now.
func (d *dispatcher) add(f func()) {
	d.mu.Lock()
	if d.over {
		d.mu.Unlock()
		d.handle(task{run: f})
		return
	}
	d.tasks = append(d.tasks, task{run: f})
	d.startLocked()
	d.mu.Unlock()
}

// finish drops the packets that wait, and has finished called after the functions that wait.
func (d *dispatcher) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var functions []task
	for _, t := range d.tasks {
		if t.packet == nil {
			functions = append(functions, t)
		}
	}
	d.tasks = functions
	d.tellRoomLocked()
	d.startLocked()
}

func (d *dispatcher) startLocked() {
	if !d.running {
		d.running = true
		go d.loop() // waited for through finished
	}
}

func (d *dispatcher) loop() {
	for {
		t, ok := d.next()
		if !ok {
			return
		}
		d.handle(t)
	}
}

func (d *dispatcher) next() (task, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tasks) == 0 {
		d.tasks = nil
		d.running = false
		if d.closed && !d.over {
			d.over = true
			d.finished()
		}
		return task{}, false
	}
	t := d.tasks[0]
	d.tasks[0] = task{}
	d.tasks = d.tasks[1:]
	d.tellRoomLocked()
	return t, true
}

func (d *dispatcher) tellRoomLocked() {
	if d.room != nil {
		close(d.room)
		d.room = nil
	}
}
