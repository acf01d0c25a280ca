package auth

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// LoadOrCreateSecret gives the secret in the file at path. When there is no such file it makes a random secret and keeps
// it there for this user alone; two processes that do so at once get the same one.
func LoadOrCreateSecret(path string) (string, error) {
	secret, err := loadSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := createSecret(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep a new secret in %s: %w", path, err)
	}
	return loadSecret(path)
}

func loadSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the secret in %s can be read by other users: chmod 600 it, or delete it to get a new one", path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	secret := strings.TrimSpace(string(data))
	if len(secret) < MinSecretBytes {
		return "", fmt.Errorf("the secret in %s has %d bytes and needs at least %d: delete the file to get a new one", path, len(secret), MinSecretBytes)
	}
	return secret, nil
}

// createSecret writes beside path and links the whole file into place, so that nobody reads half a secret and the first
// one to come wins.
func createSecret(path string) error {
	dir := filepath.Dir(path)
	// The database's own user may have to walk through the data folder, but not to list it.
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".secret-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	random := make([]byte, MinSecretBytes)
	rand.Read(random) // never fails
	_, err = tmp.WriteString(hex.EncodeToString(random) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), path)
}
