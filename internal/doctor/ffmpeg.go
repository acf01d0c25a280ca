package doctor

import (
	"context"
	"os/exec"
	"strings"
)

// encoders are those that composed recordings are written with.
var encoders = []string{"libvpx", "libopus"}

// checkFFmpeg looks for the program that composes recordings.
func checkFFmpeg(program string) Check {
	return Check{Name: "ffmpeg", Run: func(ctx context.Context) Finding {
		const need = "Calls work without it, recordings cannot be composed"
		out, err := exec.CommandContext(ctx, program, "-hide_banner", "-version").Output()
		if err != nil {
			return warn("ffmpeg does not run. %s: install it (on Debian: apt-get install ffmpeg).", need)
		}
		version, _, _ := strings.Cut(strings.TrimPrefix(string(out), "ffmpeg version "), " ")
		out, err = exec.CommandContext(ctx, program, "-hide_banner", "-encoders").Output()
		if err != nil {
			return warn("ffmpeg %s does not list its encoders. %s: install another one.", version, need)
		}
		var missing []string
		for _, encoder := range encoders {
			if !strings.Contains(string(out), " "+encoder+" ") {
				missing = append(missing, encoder)
			}
		}
		if len(missing) > 0 {
			return warn("ffmpeg %s has no encoder %s. %s: install one that has.", version, strings.Join(missing, " and "), need)
		}
		return fine("version %s, with %s", version, strings.Join(encoders, " and "))
	}}
}
