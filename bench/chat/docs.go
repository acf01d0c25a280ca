package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// What is between these marks of a Markdown file is ours.
const (
	docsBegin = "<!-- measured by make bench-chat -->\n"
	docsEnd   = "<!-- end of measured -->\n"
)

// writeDocs puts the results into the file that is asked for. A run of some parts leaves the file as it is, lest the
// others be lost or be of another day.
func (b *bench) writeDocs() error {
	o := b.options
	if o.docs == "" {
		return nil
	}
	if o.only != "" {
		fmt.Fprintf(os.Stderr, "%s stays as it is: not all was measured\n", o.docs)
		return nil
	}
	before, err := os.ReadFile(o.docs)
	if err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	after, err := replaceMeasured(before, b.table.markdown())
	if err != nil {
		return fmt.Errorf("write the results to %s: %w", o.docs, err)
	}
	if err := os.WriteFile(o.docs, after, 0o644); err != nil {
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}

func replaceMeasured(text []byte, measured string) ([]byte, error) {
	before, rest, begins := bytes.Cut(text, []byte(docsBegin))
	_, after, ends := bytes.Cut(rest, []byte(docsEnd))
	if !begins || !ends {
		return nil, errors.New("the marks are missing")
	}
	return fmt.Appendf(nil, "%s%s%s%s%s", before, docsBegin, measured, docsEnd, after), nil
}
