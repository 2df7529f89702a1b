//go:build !linux

package upstream

import (
	"errors"
	"syscall"
)

func bindControl(o DialOptions) func(network, address string, c syscall.RawConn) error {
	return func(string, string, syscall.RawConn) error {
		if o.Transparent {
			return errors.New("transparent proxying is not supported on this platform")
		}
		return nil
	}
}
