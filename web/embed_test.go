package web

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestAppIsFoundOnlyWhenBuilt(t *testing.T) {
	placeholder := fstest.MapFS{"dist/.gitkeep": {}}
	if _, built := app(placeholder); built {
		t.Error("a placeholder alone counts as a built app")
	}
	complete := fstest.MapFS{"dist/index.html": {Data: []byte("<!doctype html>")}, "dist/assets/app.js": {}}
	files, built := app(complete)
	if !built {
		t.Fatal("a folder with index.html does not count as a built app")
	}
	if _, err := fs.Stat(files, "assets/app.js"); err != nil {
		t.Errorf("the app's files are not at the root: %v", err)
	}
}

func TestTheModuleCompilesWithWhateverIsThere(t *testing.T) {
	files, built := App()
	if built != (files != nil) {
		t.Errorf("App() = %v, %v: files and answer disagree", files, built)
	}
}
