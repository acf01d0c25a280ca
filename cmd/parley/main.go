// Command parley is the whole product: the server, and the small commands that an operator needs beside it.
package main

import (
	"fmt"
	"io"
	"os"
)

// command is one subcommand. It returns the exit code: 0, 1 for a failure, 2 for a mistake in arguments or configuration.
type command struct {
	name, doc string
	run       func(args []string, stdout, stderr io.Writer) int
}

var commands = []command{
	{"serve", "run the server; `parley serve --dev` needs no configuration", runServe},
	{"migrate", "bring the database up to this version, and stop", runMigrate},
	{"token", "print a sign-in token made with auth.secret", runToken},
	{"doctor", "look at everything that a call depends on, and say what to change", runDoctor},
	{"loadtest", "fill a call with participants and measure what the server makes of it", runLoadtest},
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(args[1:], stdout, stderr)
		}
	}
	switch args[0] {
	case "help", "-h", "--help":
		usage(stdout)
		return 0
	}
	fmt.Fprintf(stderr, "parley: there is no command %q\n\n", args[0])
	usage(stderr)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Parley: calls and chat, hosted by yourself.\n\nUsage: parley COMMAND [FLAGS]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.doc)
	}
	fmt.Fprint(w, "\n`parley COMMAND --help` lists a command's flags. configs/parley.yaml documents every setting.\n")
}
