package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// account is whom the server runs as: ourselves or, because Postgres refuses to run as root, somebody without rights.
type account struct {
	uid, gid int
	name     string
	dropped  bool // we are root, and it is not
}

// chooseAccount takes the cluster's owner where there is one, so that a data folder keeps working whichever users the
// machine gains or loses.
func chooseAccount(f *folder) (account, error) {
	self := os.Geteuid()
	var st unix.Stat_t
	err := unix.Lstat(f.data, &st)
	switch {
	case errors.Is(err, fs.ErrNotExist) && self != 0:
		return account{uid: self, gid: os.Getegid(), name: userName(self)}, nil
	case errors.Is(err, fs.ErrNotExist):
		return unprivileged()
	case err != nil:
		return account{}, fmt.Errorf("the database's folder cannot be read: %w", err)
	}
	owner := int(st.Uid)
	if self != 0 && owner != self {
		return account{}, fmt.Errorf("the database in %s belongs to user %s and Parley runs as %s: start Parley as that user or as root",
			f.data, userName(owner), userName(self))
	}
	if owner == 0 {
		return account{}, fmt.Errorf("the database in %s belongs to root, as which Postgres refuses to run: give it to another user (chown -R)", f.data)
	}
	return account{uid: owner, gid: int(st.Gid), name: userName(owner), dropped: self == 0}, nil
}

// unprivileged finds the user that the server runs as when we are root.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(u.Uid)
		gid, errGID := strconv.Atoi(u.Gid)
		if errUID == nil && errGID == nil && uid != 0 {
			return account{uid: uid, gid: gid, name: name, dropped: true}, nil
		}
	}
	return account{}, errors.New("as root the database server needs another user to run as, and this machine has neither a user postgres nor nobody: " +
		"make one, start Parley as another user, or set database.url")
}

func userName(uid int) string {
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}

// apply makes a command run as this account.
func (a account) apply(attr *syscall.SysProcAttr) {
	if a.dropped {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// own gives a folder to this account.
func (a account) own(dir string) error {
	if !a.dropped {
		return nil
	}
	if err := os.Lchown(dir, a.uid, a.gid); err != nil {
		return fmt.Errorf("the folder %s cannot be given to user %s, as whom the database server has to run: %w", dir, a.name, err)
	}
	return nil
}

// reaches tells whether this account may walk down to dir. Somebody else's rights are taken from the folders' modes.
func (a account) reaches(dir string) bool {
	if !a.dropped {
		return unix.Access(dir, unix.X_OK) == nil
	}
	for {
		var st unix.Stat_t
		if err := unix.Stat(dir, &st); err != nil {
			return false
		}
		bit := uint32(0o001)
		if int(st.Uid) == a.uid {
			bit = 0o100
		} else if int(st.Gid) == a.gid {
			bit = 0o010
		}
		if st.Mode&bit == 0 {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}
