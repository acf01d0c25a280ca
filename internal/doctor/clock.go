package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/digierapro/parley/store/postgres"
)

const (
	smallSkew = 5 * time.Second
	largeSkew = time.Minute // tokens that are further off are refused
)

// clock is another one than ours: where it is, and how far ahead it is.
type clock struct {
	name string
	skew func(ctx context.Context) (time.Duration, error)
}

// checkClock holds this machine's clock against others. One that cannot be read is another check's business.
func checkClock(clocks []clock) Check {
	return Check{Name: "clock", Run: func(ctx context.Context) Finding {
		found := Finding{}
		for _, c := range clocks {
			skew, err := c.skew(ctx)
			if err != nil {
				continue
			}
			if f := judgeSkew(c.name, skew); found.Verdict == "" || worse(found.Verdict, f.Verdict) != found.Verdict {
				found = f
			}
		}
		if found.Verdict == "" {
			return warn("No other clock could be read to compare this machine's with. Mend what else is said here, and see that both keep time by NTP (`timedatectl`).")
		}
		return found
	}}
}

const clockAdvice = "Turn on NTP on both machines (`timedatectl set-ntp true`)"

func judgeSkew(name string, skew time.Duration) Finding {
	switch {
	case skew.Abs() > largeSkew:
		return fail("This machine's clock is %s, so tokens are refused. %s.", offFrom(skew, name), clockAdvice)
	case skew.Abs() > smallSkew:
		return warn("This machine's clock is %s. %s.", offFrom(skew, name), clockAdvice)
	}
	return fine("agrees with that of %s", name)
}

// offFrom says how far this machine's clock is off another one that is so far ahead.
func offFrom(skew time.Duration, name string) string {
	way := "behind"
	if skew < 0 {
		way = "ahead of"
	}
	return fmt.Sprintf("%s %s that of %s", skew.Abs().Round(100*time.Millisecond), way, name)
}

func databaseClock(url string) clock {
	return clock{"the database", func(ctx context.Context) (time.Duration, error) {
		i, err := postgres.Inspect(ctx, url)
		return i.Skew, err
	}}
}

// webClock reads the Date of an HTTP server's answer, which is true to a second.
func webClock(name, url string, client *http.Client) clock {
	return clock{name, func(ctx context.Context) (time.Duration, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		asked := time.Now()
		response, err := client.Do(request)
		if err != nil {
			return 0, err
		}
		_ = response.Body.Close()
		took := time.Since(asked)
		date, err := http.ParseTime(response.Header.Get("Date"))
		if err != nil {
			return 0, fmt.Errorf("%s says no time: %w", name, err)
		}
		skew := date.Add(500 * time.Millisecond).Sub(asked.Add(took / 2)) // the header cuts off the fraction
		if skew.Abs() < time.Second+took/2 {
			skew = 0
		}
		return skew, nil
	}}
}
