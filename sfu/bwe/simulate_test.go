package bwe

import "time"

// Simulate lets a Controller send over a link of a rate: sound, and as much video as share says every 50 ms. It returns a
// function that lets time pass, and one that changes the link.
func Simulate(c *Controller, share func(now time.Duration) int, seed uint64, rate int) (run func(time.Duration), cut func(rate int)) {
	video := 0
	f := &flow{Controller: c, app: func(int) int { return video }}
	n := newNetwork(seed, link{rate: rate, delay: near}, f)
	run = func(d time.Duration) { n.run(d, func(now time.Duration) { video = share(now) }) }
	return run, func(rate int) { n.link.rate = rate }
}
