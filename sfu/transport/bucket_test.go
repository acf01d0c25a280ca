package transport

import (
	"testing"
	"time"
)

func TestBucketLetsItsRateThrough(t *testing.T) {
	const rate = 8_000_000 // a megabyte a second
	for _, tt := range []struct {
		name        string
		size        int
		offered     int // packets a second
		first, next int // bytes that pass, about, in the first second and in later ones
	}{
		{"below the rate", 1000, 500, 500_000, 500_000},
		{"far above it: the burst, and then the rate", 1000, 25_000, 1_500_000, 1_000_000},
		{"small packets count for more", 16, 20_000, 16 * 1_500_000 / smallestCharge, 16 * 1_000_000 / smallestCharge},
	} {
		var b bucket
		now := time.Unix(1000, 0)
		for second := range 5 {
			passed := 0
			for range tt.offered {
				now = now.Add(time.Second / time.Duration(tt.offered))
				if b.room(rate, now) {
					b.charge(tt.size)
					passed += tt.size
				}
			}
			want := tt.next
			if second == 0 {
				want = tt.first
			}
			if passed < want*97/100 || passed > want*103/100 {
				t.Errorf("%s: %d bytes passed in second %d, want about %d", tt.name, passed, second, want)
			}
		}
		if b.room(rate, now.Add(time.Hour)); b.used != 0 {
			t.Errorf("%s: an hour later the bucket is not full", tt.name)
		}
	}
}
