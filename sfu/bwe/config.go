package bwe

// Config is what an operator decides. The zero value of a field stands for its default.
type Config struct {
	// Initial is the estimate before anything is known. 1 Mbit/s carries sound and the middle simulcast layer of one
	// publisher at once; a path that cannot is found out within half a second, and one that can do more by probes
	// within the first second.
	Initial int
	// Min is never gone below, whatever the reports say: 50 kbit/s is sound and little else.
	Min int
	// Max bounds the estimate and the probes: 20 Mbit/s is more than any one client shows.
	Max int
	// Silent is what a client that does not report is given: 300 kbit/s is sound and the lowest layers of a few
	// publishers, too little to harm whoever shares the path. A lower estimate stays as it is.
	Silent int
}

// Defaults of Config, in bits per second.
const (
	DefaultInitial = 1_000_000
	DefaultMin     = 50_000
	DefaultMax     = 20_000_000
	DefaultSilent  = 300_000
)

func (c Config) withDefaults() Config {
	for _, f := range []struct {
		field *int
		value int
	}{{&c.Initial, DefaultInitial}, {&c.Min, DefaultMin}, {&c.Max, DefaultMax}, {&c.Silent, DefaultSilent}} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	c.Max = max(c.Max, c.Min)
	c.Initial = min(max(c.Initial, c.Min), c.Max)
	c.Silent = min(max(c.Silent, c.Min), c.Max)
	return c
}
