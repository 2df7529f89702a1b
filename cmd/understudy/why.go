package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"understudy/parser/diag"
)

func (a *app) whyCommand() *cli.Command {
	return &cli.Command{
		Name:      "why",
		Usage:     "say what a code such as NX102 means and what to do",
		ArgsUsage: "[CODE|WORD...]",
		Description: "Without an argument it lists all codes; with words, those that are about them. The exit code\n" +
			"is 1 if there is none.",
		Flags:  []cli.Flag{colorFlag()},
		Action: a.why,
	}
}

func (a *app) why(c *cli.Context) error {
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	args := c.Args().Slice()
	if len(args) == 1 {
		if e := diag.Find(args[0]); e != nil {
			tellEntry(a.stdout, color, e)
			return nil
		}
	}
	found := diag.Like(args...)
	if len(found) == 0 {
		return failf(exitFound, "no code is about %q\nunderstudy why lists all of them", args)
	}
	for _, e := range found {
		fmt.Fprintf(a.stdout, "%s  %s\n", color.bold(e.ID), e.Name)
	}
	return nil
}

// tellEntry prints what an entry says, and how its findings come about.
func tellEntry(w io.Writer, color palette, e *diag.Entry) {
	found := "understudy check finds it in the configuration."
	if e.Running {
		found = "understudy run finds it, when it starts or when a request meets it."
	}
	fmt.Fprintf(w, "%s %s\n\n%s\n\n%s %s\n%s\n", color.bold(e.ID), e.Name, e.Means, color.green("Fix:"), e.Fix, color.faint(found))
}
