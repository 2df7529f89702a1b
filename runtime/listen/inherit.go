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

// FirstFD is the number of the first descriptor after the standard streams.
const FirstFD = 3

// Env returns the value of EnvName for n sockets that a process is started with as
// its descriptors from FirstFD on.
func Env(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strconv.Itoa(FirstFD + i))
		b.WriteByte(';')
	}
	return b.String()
}

// Files returns the sockets to pass to a new binary, those of the set itself: they
// must not be closed.
func (s *Set) Files() []*os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	var files []*os.File
	for _, sock := range s.socks {
		for _, k := range sock.All() {
			if f := k.fd.inheritable(); f != nil {
				files = append(files, f)
			}
		}
	}
	return files
}

// Inherit takes the sockets over whose numbers are in env, the value of EnvName.
// Next then finds them by their addresses, and Commit closes those that nobody
// wants. What is wrong with env or a socket is logged, and ignored.
func (s *Set) Inherit(env string) {
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
		rest = rest[i+1:]
		s.adopt(int(fd), false)
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
