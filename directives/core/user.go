package core

import (
	"os"
	"os/user"
	"strconv"

	"understudy/directives/spec"
)

// An Account is a user and a group.
type Account struct {
	Name     string // of the user
	UID, GID int
}

func setUser(c *conf, call *spec.Call) error {
	if c.user != nil {
		return spec.ErrDuplicate
	}
	if os.Geteuid() != 0 {
		call.Warnf(-1, "user-ignored", `the "user" directive makes sense only if the master process runs with super-user privileges, ignored`)
		return nil
	}
	name := call.Args[0].Text
	group := call.Args[len(call.Args)-1].Text
	if call.Scope.Offline {
		return nil // the machine that is to run this may have other accounts
	}
	u, err := user.Lookup(name)
	if err != nil {
		return call.Coded(0, "unknown-user", `getpwnam("%s") failed`, name)
	}
	g, err := user.LookupGroup(group)
	if err != nil {
		return call.Coded(len(call.Args)-1, "unknown-group", `getgrnam("%s") failed`, group)
	}
	a := &Account{Name: name}
	if a.UID, err = strconv.Atoi(u.Uid); err != nil {
		return err
	}
	if a.GID, err = strconv.Atoi(g.Gid); err != nil {
		return err
	}
	c.user = a
	return nil
}
