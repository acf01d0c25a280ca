package postgres

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

const (
	superuser    = "parley"
	databaseName = "parley"
)

// initialise makes the cluster beside its place and moves it there when it is whole and on disk, so that an interrupted
// making leaves nothing that looks like a database.
func (c *Cluster) initialise(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp(c.folder.dir, "init-")
	if err != nil {
		return fmt.Errorf("the database's folder cannot be written: %w", err)
	}
	defer func() {
		if err != nil {
			c.folder.sweep(c.log)
		}
	}()
	if err := c.account.own(dir); err != nil {
		return err
	}
	// C.UTF-8 knows the case of all letters and is in every recent C library; C knows only that of a to z.
	err = c.initdb(ctx, dir, "C.UTF-8")
	if err != nil && strings.Contains(err.Error(), "invalid locale") {
		err = c.initdb(ctx, dir, "C")
	}
	if err != nil {
		return err
	}
	if err := os.Rename(dir, c.folder.data); err != nil {
		return fmt.Errorf("the new database cannot be put in its place: %w", err)
	}
	return syncFolder(c.folder.dir)
}

func (c *Cluster) initdb(ctx context.Context, dir, locale string) error {
	args := []string{
		"--username=" + superuser, "--auth=trust", "--encoding=UTF8", "--locale=" + locale,
		"--data-checksums", "--no-instructions",
	}
	if c.cfg.Scratch {
		args = append(args, "--no-sync", "--wal-segsize=1")
	}
	cmd := exec.CommandContext(ctx, c.programs.path("initdb"), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // it has children of its own
	cmd.WaitDelay = time.Second
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	release, err := c.enter(cmd, dir)
	if err != nil {
		return err
	}
	defer release()
	if err := runDyingWithUs(cmd, syscall.SIGKILL); err != nil {
		return fmt.Errorf("initdb failed as user %s: %w: %s", c.account.name, err, strings.TrimSpace(output.String()))
	}
	return nil
}

// enter makes a command of the server work on a data folder as the server's account, with nothing of our environment.
//
// The account may lack the right to walk down to the folder, as when root keeps its data under /root. Then the command
// gets the folder as an open file and names it by that, which needs no walk.
func (c *Cluster) enter(cmd *exec.Cmd, data string) (release func(), err error) {
	release = func() {}
	if !c.account.reaches(data) {
		file, err := os.Open(data)
		if err != nil {
			return nil, fmt.Errorf("the database's folder cannot be opened: %w", err)
		}
		release = func() { _ = file.Close() }
		cmd.ExtraFiles = []*os.File{file}
		data = "/proc/self/fd/3"
	}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "PGDATA=" + data}
	c.account.apply(cmd.SysProcAttr)
	return release, nil
}

func syncFolder(dir string) error {
	file, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write %s to disk: %w", dir, err)
	}
	return nil
}
