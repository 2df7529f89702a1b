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

// Env returns the value of EnvName for n descriptors numbered from first, as they
// are in a process started with them as its extra files.
func Env(first, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strconv.Itoa(first + i))
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
		if f := sock.fd.inheritable(); f != nil {
			files = append(files, f)
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
		if sock := s.adopt(int(fd)); sock != nil {
			s.socks = append(s.socks, sock)
		}
	}
	if rest != "" {
		s.Log("emerg", fmt.Sprintf("invalid socket number %q in %s environment variable, ignoring", rest, EnvName))
	}
}

// adopt makes a Socket of an inherited descriptor, or returns nil.
func (s *Set) adopt(fd int) *Socket {
	o, d, err := adoptDescriptor(fd)
	if err != nil {
		s.Log("crit", err.Error())
		return nil
	}
	return &Socket{Options: o, Inherited: true, set: s, fd: d}
}
