package main

import "github.com/urfave/cli/v2"

func (a *app) runCommand() *cli.Command {
	return &cli.Command{Name: "run", Usage: "run a configuration in the foreground", ArgsUsage: "FILE|DIR", Flags: confFlags()}
}
