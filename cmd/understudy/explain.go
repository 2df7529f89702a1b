package main

import "github.com/urfave/cli/v2"

func (a *app) explainCommand() *cli.Command {
	return &cli.Command{Name: "explain", Usage: "say what would become of a request", ArgsUsage: "URL"}
}
