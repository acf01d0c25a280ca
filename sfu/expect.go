package sfu

// What a source needs is measured over half a second. Until then it is expected, from its size: 1280x720, 640x360 and 320x180
// of Chromium's camera took 1045, 446 and 190 kbit/s. To expect too little costs who has no room for it half a second of
// too much, to expect too much leaves everybody without a picture for as long.
const (
	expectedPerPixel = 2         // bit/s
	expectedMost     = 1_000_000 // bit/s: encoders begin low, and a screen stands still mostly
	expectedPixels   = 320 * 180 // where the size cannot be read
)

// expect gives the tiers that come, and have not been measured yet, the rate that is expected of them.
func expect(tiers []Tier) {
	for i := range tiers {
		t := &tiers[i]
		if !t.Live || t.Rates[len(t.Rates)-1] > 0 {
			continue
		}
		pixels := t.Width * t.Height
		if pixels == 0 {
			pixels = expectedPixels
		}
		for temporal := range t.Rates {
			t.Rates[temporal] = min(expectedPerPixel*pixels, expectedMost)
		}
	}
}
