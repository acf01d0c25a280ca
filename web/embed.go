// Package web carries the built browser app inside the binary.
package web

import (
	"embed"
	"io/fs"
)

// dist is what the app's build writes. A fresh clone holds only a placeholder there, so that the module compiles before
// the app has ever been built.
//
//go:embed all:dist
var dist embed.FS

// App returns the files of the built app, index.html at the root, and whether an app was built into this binary at all.
func App() (fs.FS, bool) {
	return app(dist)
}

func app(files fs.FS) (fs.FS, bool) {
	root, err := fs.Sub(files, "dist")
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(root, "index.html"); err != nil {
		return nil, false
	}
	return root, true
}
