package bwe

import "time"

const (
	rateBucket  = 25 * time.Millisecond
	rateBuckets = 20
	rateWindow  = rateBuckets * rateBucket
	// rateLeast is how much of the window must have passed before a rate means anything.
	rateLeast = 100 * time.Millisecond
)

// rateMeter measures a rate over the last half second of some clock. The zero value is ready.
type rateMeter struct {
	bytes   [rateBuckets]int
	total   int
	newest  int64         // number of the newest bucket
	began   time.Duration // the first packet
	last    time.Duration // the newest packet
	started bool
}

func (m *rateMeter) reset() { *m = rateMeter{} }

// add counts a packet. What is older than the window is left out.
func (m *rateMeter) add(at time.Duration, size int) {
	bucket := int64(at / rateBucket)
	if !m.started || bucket < m.newest-10*rateBuckets { // a clock that jumped back begins anew
		*m = rateMeter{started: true, began: at, last: at, newest: bucket}
	}
	m.advance(bucket)
	if bucket <= m.newest-rateBuckets {
		return
	}
	m.bytes[index(bucket)] += size
	m.total += size
	m.last = max(m.last, at)
}

func (m *rateMeter) advance(bucket int64) {
	for i := 0; m.newest < bucket && i < rateBuckets; i++ {
		m.newest++
		m.total -= m.bytes[index(m.newest)]
		m.bytes[index(m.newest)] = 0
	}
	m.newest = max(m.newest, bucket)
}

func index(bucket int64) int { return int((bucket%rateBuckets + rateBuckets) % rateBuckets) }

// bps is the rate in bits per second up to the newest packet, or 0 while too little is known.
func (m *rateMeter) bps() int {
	if !m.started {
		return 0
	}
	from := max(m.began, time.Duration(m.newest-rateBuckets+1)*rateBucket)
	span := m.last - from
	if span < rateLeast {
		return 0
	}
	return int(int64(m.total) * 8 * int64(time.Second) / int64(span))
}

// at is bps at a moment that may lie after the newest packet.
func (m *rateMeter) at(now time.Duration) int {
	if !m.started || now < m.last {
		return m.bps()
	}
	m.advance(int64(now / rateBucket))
	m.last = now
	return m.bps()
}
