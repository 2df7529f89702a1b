package listen

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// EnvName is the environment variable in which a process tells the new binary it
// starts the numbers of its listening sockets: "3;4;".
const EnvName = "NGINX"

// BorrowedEnvName is that of those among them that a service manager keeps.
const BorrowedEnvName = "UNDERSTUDY_BORROWED"

// FirstFD is the number of the first descriptor after the standard streams.
const FirstFD = 3

// Heirs returns the sockets to pass to a new binary as its descriptors from FirstFD
// on, and the variables of its environment that say so. The sockets are those of the
// set itself: they must not be closed.
func (s *Set) Heirs() (files []*os.File, env []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all, borrowed strings.Builder
	for _, sock := range s.socks {
		for _, k := range sock.All() {
			f := k.fd.inheritable()
			if f == nil {
				continue
			}
			number := strconv.Itoa(FirstFD+len(files)) + ";"
			files = append(files, f)
			all.WriteString(number)
			if k.borrowed {
				borrowed.WriteString(number)
			}
		}
	}
	env = []string{EnvName + "=" + all.String()}
	if borrowed.Len() > 0 {
		env = append(env, BorrowedEnvName+"="+borrowed.String())
	}
	return files, env
}

// Inherit takes the sockets over whose numbers are in env, the value of EnvName.
// Next then finds them by their addresses, and Commit closes those that nobody
// wants. What is wrong with env or a socket is logged, and ignored. borrowed is the
// value of BorrowedEnvName.
func (s *Set) Inherit(env, borrowed string) {
	if env == "" {
		return
	}
	s.Log("notice", fmt.Sprintf("using inherited sockets from %q", env))
	s.mu.Lock()
	defer s.mu.Unlock()
	rest := env
	for {
		i := strings.IndexAny(rest, ":;")
		if i < 0 {
			break
		}
		fd, err := strconv.ParseUint(rest[:i], 10, 31)
		if err != nil {
			s.Log("emerg", fmt.Sprintf("invalid socket number %q in %s environment variable, ignoring the rest of the variable", rest, EnvName))
			return
		}
		number := rest[:i] + ";"
		rest = rest[i+1:]
		s.adopt(int(fd), strings.Contains(";"+borrowed, ";"+number))
	}
	if rest != "" {
		s.Log("emerg", fmt.Sprintf("invalid socket number %q in %s environment variable, ignoring", rest, EnvName))
	}
}

// Activate takes n sockets over, numbered from FirstFD, that the service manager
// keeps for the process: as Inherit does, but the files of unix sockets are left
// where they are. sd_listen_fds(3).
func (s *Set) Activate(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		s.adopt(FirstFD+i, true)
	}
}

// adopt makes a Socket of an inherited descriptor. It is called with mu held.
func (s *Set) adopt(fd int, borrowed bool) {
	o, d, err := adoptDescriptor(fd)
	if err != nil {
		s.Log("crit", err.Error())
		return
	}
	sock := &Socket{Options: o, Inherited: true, borrowed: borrowed, set: s, fd: d}
	for _, twin := range s.socks {
		if o.ReusePort && twin.ReusePort && twin.same(&o) {
			twin.twins = append(twin.twins, sock)
			return
		}
	}
	s.socks = append(s.socks, sock)
}

// All returns the socket and those that listen on its address beside it.
func (k *Socket) All() []*Socket { return append([]*Socket{k}, k.twins...) }
