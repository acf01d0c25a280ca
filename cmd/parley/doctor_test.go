package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// doctorSays runs `parley doctor` in this process.
func doctorSays(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := run(append([]string{"doctor"}, args...), &out, &complaints); code != want {
		t.Errorf("%v: exit code %d, want %d\n%s%s", args, code, want, &out, &complaints)
	}
	return out.String() + complaints.String()
}

// lineOf is the line of a check.
func lineOf(output, check string) string {
	for line := range strings.Lines(output) {
		if fields := strings.TrimSpace(line[min(8, len(line)):]); strings.HasPrefix(fields, check+" ") {
			return line
		}
	}
	return ""
}

func TestDoctorOfARunningServer(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", "")
	t.Setenv("PARLEY_AUTH_SECRET", processSecret)
	dir := dataFolder(t)
	p := startServer(t, dir)
	listen := strings.TrimPrefix(p.url, "http://")

	out := doctorSays(t, 0, "--listen", listen, "--data-dir", dir)
	for check, says := range map[string]string{
		"configuration": "environment", "database": "schema version", "TCP port": "the server answers", "UDP port": "open",
		"call over UDP": "answers in", "call over TCP": "answers in", "data folder": dir, "blobs": filepath.Join(dir, "blobs"),
		"TURN over UDP": "relays in", "TURN over TCP": "relays in",
	} {
		if line := lineOf(out, check); !strings.HasPrefix(line, "ok ") || !strings.Contains(line, says) {
			t.Errorf("%s: %q", check, line)
		}
	}
	var answer struct {
		Verdict string
		Checks  []struct{ Check, Verdict, Says string }
	}
	t.Setenv("PARLEY_TOKEN", tokenFor(t, "alice"))
	if err := json.Unmarshal([]byte(doctorSays(t, 0, "--probe", p.url, "--json")), &answer); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, c := range answer.Checks {
		found[c.Check] = c.Verdict
	}
	if answer.Verdict == "failed" || found["TCP"] != "ok" || found["health"] != "ok" || found["call over UDP"] != "ok" {
		t.Errorf("%+v", answer)
	}
	if n := p.metric("parley_calls"); n != 0 {
		t.Errorf("the doctor has begun %v calls", n)
	}
}

// From elsewhere, with a certificate: everything goes, also TURN over TLS, as far as the certificate is trusted.
func TestDoctorProbesAServerWithTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key, port := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), strconv.Itoa(freePort(t))
	writePair(t, cert, key, "localhost")
	spawn(t, nil, "--listen", "127.0.0.1:"+port, "--data-dir", dataFolder(t),
		"--server.tls.cert", cert, "--server.tls.key", key, "--server.publicUrl", "https://localhost:"+port).says("Parley is ready")
	probe := func(trusted string) (string, int) {
		cmd := exec.Command(os.Args[0], "doctor", "--probe", "localhost:"+port)
		cmd.Env = append(os.Environ(), asParley+"=1", "SSL_CERT_FILE="+trusted, "SSL_CERT_DIR=/nonexistent", "PARLEY_TOKEN="+tokenFor(t, "alice"))
		out, _ := cmd.CombinedOutput() // the exit code tells
		return string(out), cmd.ProcessState.ExitCode()
	}
	out, code := probe(cert)
	for _, check := range []string{"TCP", "TLS", "health", "clock", "call over UDP", "call over TCP", "TURN over UDP", "TURN over TCP", "TURN over TLS"} {
		if line := lineOf(out, check); !strings.HasPrefix(line, "ok ") {
			t.Errorf("%s: %q", check, line)
		}
	}
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	out, code = probe("/nonexistent")
	if line := lineOf(out, "TLS"); code != 1 || !strings.HasPrefix(line, "warning") || !strings.HasPrefix(lineOf(out, "health"), "FAILED") {
		t.Errorf("nobody trusts the certificate: exit code %d\n%s", code, out)
	}
}

func TestDoctorWithoutAServer(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", "")
	t.Setenv("PARLEY_AUTH_SECRET", processSecret)
	dir := filepath.Join(t.TempDir(), "data")
	out := doctorSays(t, 0, "--listen", "127.0.0.1:0", "--data-dir", dir)
	if !strings.Contains(out, "start the server and run this again") || !strings.Contains(lineOf(out, "TCP port"), "free") {
		t.Error(out)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the doctor has made the data folder")
	}
	out = doctorSays(t, 1, "--listen", "192.0.2.1:8080", "--data-dir", dir)
	if line := lineOf(out, "UDP port"); !strings.HasPrefix(line, "FAILED") || !strings.Contains(out, "2 FAILED") {
		t.Error(out)
	}
	if out := doctorSays(t, 1, "--probe", "http://127.0.0.1:1"); !strings.HasPrefix(lineOf(out, "TCP"), "FAILED") {
		t.Error(out)
	}
}

func TestDoctorOfABadConfiguration(t *testing.T) {
	t.Setenv("PARLEY_CONFIG", "")
	out := doctorSays(t, 2, "--listen", "8080", "--auth.secret", processSecret)
	if !strings.HasPrefix(out, "FAILED   configuration") || !strings.Contains(out, "server.listen") {
		t.Error(out)
	}
	var answer struct{ Verdict string }
	if err := json.Unmarshal([]byte(doctorSays(t, 2, "--json", "--listen", "8080")), &answer); err != nil || answer.Verdict != "failed" {
		t.Errorf("%+v, %v", answer, err)
	}
	for _, args := range [][]string{{"--nonsense"}, {"now"}, {"--probe", "ftp://a"}} {
		doctorSays(t, 2, args...)
	}
	if out := doctorSays(t, 0, "--help"); !strings.Contains(out, "--probe") || !strings.Contains(out, "exit code") {
		t.Error(out)
	}
}
