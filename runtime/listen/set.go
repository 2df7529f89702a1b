package listen

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"understudy/runtime/conn"
)

// How often, and how long between, nginx tries to bind an address that is in use.
const (
	bindTries = 5
	bindPause = 500 * time.Millisecond
)

// ErrStillInUse is the end of the tries to bind an address that stays in use.
var ErrStillInUse = errors.New("still could not bind()")

// A Set is the listening sockets of the process. Next, Commit and Rollback are not
// for concurrent use; the rest is.
type Set struct {
	Log    Log                 // never nil
	Sleep  func(time.Duration) // between tries to bind; nil: time.Sleep
	Serial atomic.Uint64       // $connection of the last connection; upstream connections take numbers as well
	Test   bool                // -t: an address in use is no error, and unix sockets are removed again

	// Elsewhere tells whether another process listens on the sockets of this
	// one, or on those of them that were inherited; nil: none does.
	Elsewhere func(inherited bool) bool

	mu    sync.Mutex
	socks []*Socket // guarded by mu
}

// A Change is a new list of sockets of which some may be open already.
type Change struct {
	Sockets []*Socket // in the order of the options

	set    *Set
	opened []*Socket // not in the set yet; in the order they could be bound
	want   []Options // to be applied to the shared ones
}

// Next returns sockets for a new configuration: those of the set where the address
// is equal, new ones where it is not. Nothing is closed, and no shared socket is
// changed, until Commit. If an address is in use, all missing ones are tried five
// times with half a second between; the error is then ErrStillInUse, and each
// failure was logged. Any other error is an *Error. After an error nothing new is
// open.
func (s *Set) Next(want []Options) (*Change, error) {
	ch := &Change{Sockets: make([]*Socket, len(want)), set: s, want: want}
	s.share(ch)
	for try := 0; ; try++ {
		inUse, err := ch.open()
		if err != nil {
			ch.Rollback()
			return nil, err
		}
		if !inUse {
			return ch, nil
		}
		s.Log("notice", "try again to bind() after 500ms")
		s.sleep(bindPause)
		if try == bindTries-1 {
			ch.Rollback()
			return nil, ErrStillInUse
		}
	}
}

func (s *Set) sleep(d time.Duration) {
	if s.Sleep == nil {
		time.Sleep(d)
		return
	}
	s.Sleep(d)
}

// share takes the open sockets that ch wants; each serves one entry.
func (s *Set) share(ch *Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := make(map[*Socket]bool, len(s.socks))
	for i := range ch.want {
		for _, sock := range s.socks {
			if !taken[sock] && sock.fits(&ch.want[i]) {
				ch.Sockets[i] = sock
				taken[sock] = true
				break
			}
		}
	}
}

// open opens what is missing, and tells whether an address was in use.
func (ch *Change) open() (inUse bool, err error) {
	for i := range ch.want {
		if ch.Sockets[i] != nil {
			continue
		}
		fd, err := openSocket(&ch.want[i], ch.set.shareAddr(&ch.want[i]), ch.set)
		switch {
		case errors.Is(err, syscall.EADDRINUSE) && ch.set.Test:
			continue
		case errors.Is(err, syscall.EADDRINUSE):
			ch.set.Log("emerg", err.Error())
			inUse = true
			continue
		case err != nil:
			return false, err
		}
		sock := &Socket{Options: ch.want[i], set: ch.set, fd: fd}
		ch.Sockets[i] = sock
		ch.opened = append(ch.opened, sock)
	}
	return inUse, nil
}

// shareAddr prepares the change of an address between TCP and MPTCP, for which both
// sockets have to be open for a while. It tells whether there is an old one.
func (s *Set) shareAddr(o *Options) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sock := range s.socks {
		if sock.samePlace(o) && sock.Multipath != o.Multipath {
			sock.fd.allowReuse(&sock.Options, s.Log)
			return true
		}
	}
	return false
}

// Commit makes the sockets of ch those of the set, with their new options, and
// closes the others. Unix sockets that are closed are removed.
func (ch *Change) Commit() {
	s := ch.set
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := make(map[*Socket]bool, len(ch.opened))
	for _, sock := range ch.opened {
		fresh[sock] = true
	}
	ch.opened = nil
	keep := make(map[*Socket]bool, len(ch.Sockets))
	for i, sock := range ch.Sockets {
		if sock == nil { // -t, in use
			continue
		}
		keep[sock] = true
		old := sock.Options
		sock.Options = ch.want[i]
		sock.fd.configure(&sock.Options, &old, fresh[sock], s.Log)
		for _, twin := range sock.twins {
			twin.Options = sock.Options
			twin.fd.configure(&twin.Options, &old, false, s.Log)
		}
	}
	for _, sock := range s.socks {
		if keep[sock] {
			continue
		}
		sock.close()
		if p := sock.path(); p != "" && !sock.borrowed {
			s.Log("warn", "deleting socket "+p)
			s.remove(p)
		}
	}
	s.socks = s.socks[:0]
	for _, sock := range ch.Sockets {
		if sock != nil {
			s.socks = append(s.socks, sock)
		}
	}
}

// Rollback closes what Next opened; the set is as before.
func (ch *Change) Rollback() {
	for _, sock := range ch.opened {
		sock.close()
		if p := sock.path(); p != "" && !ch.set.Test { // -t removed it when it was bound
			ch.set.remove(p)
		}
	}
	ch.opened = nil
}

// Sockets returns the sockets of the configuration at work.
func (s *Set) Sockets() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Socket(nil), s.socks...)
}

// Close closes all sockets: when a process is asked to quit, it stops listening
// first. Unix sockets are removed, unless another process uses them.
func (s *Set) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sock := range s.socks {
		sock.close()
		elsewhere := s.Elsewhere != nil && s.Elsewhere(sock.Inherited)
		if p := sock.path(); p != "" && !elsewhere && !sock.borrowed && !s.Test {
			s.remove(p)
		}
	}
	s.socks = nil
}

func (s *Set) remove(path string) {
	if err := os.Remove(path); err != nil {
		s.Log("emerg", "unlink() "+path+" failed "+conn.ErrnoText(err))
	}
}
