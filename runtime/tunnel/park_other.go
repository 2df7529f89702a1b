//go:build !linux

package tunnel

import (
	"time"

	"understudy/runtime/conn"
)

const parkAfter = time.Duration(0)

// A lot would hold directions that wait without goroutines; here each keeps its own.
type lot struct{}

type space struct{}

func newLot() *lot                                { return nil }
func (l *lot) close()                             {}
func (l *lot) park(*Tunnel, End, *conn.Conn) bool { return false }
func (l *lot) wake(*Tunnel)                       {}
