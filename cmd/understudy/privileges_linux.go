package main

import (
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"

	"understudy/directives/core"
	"understudy/runtime/logs"
)

// drop makes all threads but the one that calls it run as user, which nginx's
// workers do: files are opened, and peers connected to, with that user's
// rights. The calling goroutine keeps its thread, and with it the rights of
// nginx's master process: to read configurations and keys, to open logs and
// ports below 1024. Credentials belong to threads on Linux, and threads that
// the language's runtime starts from now on have those of the others.
func (p *program) drop(user *core.Account) bool {
	if os.Geteuid() != 0 || user == nil || user.UID == 0 {
		return true
	}
	fail := func(call string, err error) bool {
		p.journal.printf(logs.Emerg, "%s failed %s", call, reason(err))
		return false
	}
	runtime.LockOSThread()
	groups, err := os.Getgroups()
	if err != nil {
		return fail("getgroups()", err)
	}
	p.origin.rights = &syscall.Credential{Gid: uint32(os.Getgid())}
	for _, g := range groups {
		p.origin.rights.Groups = append(p.origin.rights.Groups, uint32(g))
	}
	if err := syscall.Setgroups(groupsOf(user)); err != nil {
		return fail("initgroups("+user.Name+", "+strconv.Itoa(user.GID)+")", err)
	}
	if err := syscall.Setresgid(user.GID, user.GID, user.GID); err != nil {
		return fail("setgid("+strconv.Itoa(user.GID)+")", err)
	}
	// The saved user stays root, for the return of this thread.
	if err := syscall.Setresuid(user.UID, user.UID, 0); err != nil {
		return fail("setuid("+strconv.Itoa(user.UID)+")", err)
	}
	const unchanged = ^uintptr(0)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, 0, 0, unchanged); errno != 0 {
		return fail("setuid(0)", errno)
	}
	return true
}

// groupsOf are the groups a user is in.
func groupsOf(a *core.Account) []int {
	gids := []int{a.GID}
	u, err := user.LookupId(strconv.Itoa(a.UID))
	if err != nil {
		return gids
	}
	ids, err := u.GroupIds()
	if err != nil {
		return gids
	}
	for _, id := range ids {
		if n, err := strconv.Atoi(id); err == nil && n != a.GID {
			gids = append(gids, n)
		}
	}
	return gids
}
