package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"understudy/cmd/understudy/demo"
)

func (a *app) demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "serve a page with a chat over WebSocket, and its four backends",
		Description: "Runs a configuration as people write it, with backends inside the process. Its files are\n" +
			"written to a folder that --dir names, or to one that is removed at the end.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "the `DIR` to write the files to"},
			&cli.StringFlag{Name: "color", Value: "auto", Usage: "auto, always or never"},
		},
		Action: a.demo,
	}
}

func (a *app) demo(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	dir := c.String("dir")
	if dir == "" {
		if dir, err = os.MkdirTemp("", "understudy-demo-"); err != nil {
			return failf(exitEnvironment, "%v", err)
		}
		defer os.RemoveAll(dir)
	}
	backends, err := demo.Start(context.Background())
	if err != nil {
		return failf(exitEnvironment, "%v", err)
	}
	defer backends.Close()
	site, err := backends.Write(dir)
	if err != nil {
		return failf(exitEnvironment, "%v", err)
	}
	for _, m := range site.Moved {
		fmt.Fprintf(a.stderr, "port %d is taken: using %d\n", m.From, m.To)
	}
	fmt.Fprintf(a.stdout, "%s  http://%s/\n%s  ws://%s/\nconfiguration     %s\nstop with Ctrl-C\n",
		color.bold("page and chat   "), site.HTTP, color.bold("layer 4         "), site.Stream, site.Config)
	prefix, err := filepath.Abs(dir)
	if err != nil {
		return failf(exitEnvironment, "%v", err)
	}
	s := &source{overlay: &overlay{}, conf: site.Config, prefix: filepath.ToSlash(prefix) + "/", version: target}
	return a.serve(s, c.String("color"), showing{})
}
