package main

import (
	"os"
	"os/user"
	"strconv"

	"understudy/directives/core"
	"understudy/runtime/logs"
)

// defaultUser is that of an nginx whose build was not told another.
const defaultUser = "nobody"

// account is the user that requests are served as: the configuration's, or
// nobody if the process is root's.
func (p *program) account(s *settings) bool {
	if s.User != nil || os.Geteuid() != 0 || p.foreground != nil {
		return true
	}
	u, err := user.Lookup(defaultUser)
	if err != nil {
		p.journal.printf(logs.Emerg, `getpwnam("%s") failed`, defaultUser)
		return false
	}
	a := &core.Account{Name: defaultUser}
	a.UID, err = strconv.Atoi(u.Uid)
	if err == nil {
		a.GID, err = strconv.Atoi(u.Gid)
	}
	if err == nil {
		s.User = a
	}
	return true
}
