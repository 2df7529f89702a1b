package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Exit codes of the commands. nginx mode knows only 0 and 1.
const (
	exitOK          = 0
	exitFound       = 1 // check found errors; a configuration does not run
	exitUsage       = 2
	exitEnvironment = 3  // a port, a file, a permission
	exitBug         = 70 // EX_SOFTWARE
)

// A failure ends a command with an exit code. Its text may be empty: then all
// is said.
type failure struct {
	code int
	text string
}

func (f *failure) Error() string { return f.text }

func failf(code int, format string, args ...any) error {
	return &failure{code, fmt.Sprintf(format, args...)}
}

// personMode runs one of the program's own commands.
func personMode(argv []string) (code int) {
	defer func() {
		if bug := recover(); bug != nil {
			fmt.Fprintf(os.Stderr, "understudy: a bug: %v\n\n%s\nPlease report it with the configuration.\n", bug, debug.Stack())
			code = exitBug
		}
	}()
	return newApp(os.Stdout, os.Stderr).run(argv)
}

// An app is the command line for people.
type app struct {
	stdout, stderr io.Writer
	cli            *cli.App
}

func newApp(stdout, stderr io.Writer) *app {
	a := &app{stdout: stdout, stderr: stderr}
	a.cli = &cli.App{
		Name:                 "understudy",
		Usage:                "run an nginx configuration",
		UsageText:            "understudy [command] [options] [FILE]\nunderstudy -t -c nginx.conf      any of nginx's options: behave as nginx",
		Version:              ownVersion(),
		Description:          exitCodes,
		HideVersion:          true,
		EnableBashCompletion: false,
		Suggest:              true,
		Writer:               stdout,
		ErrWriter:            stderr,
		ExitErrHandler:       func(*cli.Context, error) {}, // run returns the code
		OnUsageError:         usageError,
		Commands: []*cli.Command{
			a.runCommand(), a.checkCommand(), a.explainCommand(), a.supportCommand(), a.whyCommand(), a.trustCommand(), a.demoCommand(), a.versionCommand(),
		},
	}
	for _, c := range a.cli.Commands {
		c.OnUsageError = usageError
		fromEnvironment(c.Flags)
		c.HideHelpCommand = true
	}
	return a
}

const exitCodes = `Each option can be given in the environment too: --color as UNDERSTUDY_COLOR.

Exit codes: 0 it is well; 1 the configuration has errors; 2 the command line
has; 3 the machine does not allow it, such as a port that is taken; 70 a bug.`

// fromEnvironment lets flags be set by variables of the environment.
func fromEnvironment(flags []cli.Flag) {
	for _, f := range flags {
		name := "UNDERSTUDY_" + strings.ToUpper(strings.ReplaceAll(f.Names()[0], "-", "_"))
		switch f := f.(type) {
		case *cli.StringFlag:
			f.EnvVars = []string{name}
		case *cli.BoolFlag:
			f.EnvVars = []string{name}
		case *cli.StringSliceFlag:
			f.EnvVars = []string{name}
		}
	}
}

func usageError(c *cli.Context, err error, _ bool) error {
	name := "understudy"
	if c.Command != nil && c.Command.Name != "" && c.Command.Name != name {
		name += " " + c.Command.Name
	}
	return failf(exitUsage, "%v\nTry %s --help", err, name)
}

// run runs argv. A first argument that is no command is a configuration to run.
func (a *app) run(argv []string) int {
	args := slices.Clone(argv)
	if len(args) > 1 && !strings.HasPrefix(args[1], "-") && a.cli.Command(args[1]) == nil && args[1] != "help" && args[1] != "h" {
		if _, err := os.Stat(args[1]); err != nil && !strings.ContainsAny(args[1], "./\\") {
			fmt.Fprintf(a.stderr, "understudy: %q is neither a command nor a file\nTry understudy help\n", args[1])
			return exitUsage
		}
		args = slices.Insert(args, 1, "run")
	}
	if len(args) > 1 {
		if c := a.cli.Command(args[1]); c != nil {
			args = append(args[:2:2], optionsFirst(c, args[2:])...)
		}
	}
	err := a.cli.Run(args)
	var f *failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &f):
		if f.text != "" {
			fmt.Fprintf(a.stderr, "understudy: %s\n", f.text)
		}
		return f.code
	}
	fmt.Fprintf(a.stderr, "understudy: %v\n", err)
	return exitUsage
}

// optionsFirst moves the options of c before its other arguments: the flag
// package reads none after the first of those.
func optionsFirst(c *cli.Command, args []string) []string {
	takes := map[string]bool{}
	for _, f := range c.Flags {
		d, ok := f.(cli.DocGenerationFlag)
		for _, n := range f.Names() {
			takes[n] = ok && d.TakesValue()
		}
	}
	var options, rest []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			rest = append(rest, args...)
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			rest = append(rest, arg)
			continue
		}
		options = append(options, arg)
		name, _, has := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !has && takes[name] && len(args) > 0 {
			options = append(options, args[0])
			args = args[1:]
		}
	}
	return append(append(options, "--"), rest...)
}

func (a *app) versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version of this program and of the nginx it stands in for",
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "understudy %s (%s)\nstands in for nginx/%s\n", ownVersion(), builder(), target)
			return nil
		},
	}
}

func noArgs(c *cli.Context) error {
	if c.NArg() > 0 {
		return failf(exitUsage, "unexpected argument %q\nTry understudy %s --help", c.Args().First(), c.Command.Name)
	}
	return nil
}
