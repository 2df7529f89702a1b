//go:build !linux

package upstream

import (
	"errors"
	"syscall"
)

// control sets the options of a socket before it is bound and connected.
func (o DialOptions) control(string, string, syscall.RawConn) error {
	if o.Transparent {
		return errors.New("transparent proxying is not supported on this platform")
	}
	return nil
}
