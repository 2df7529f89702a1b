//go:build !unix

package conn

import "errors"

func setCork(fd uintptr, on bool) error { return nil }

func tcpInfo(fd uintptr) (TCPInfo, error) { return TCPInfo{}, errors.ErrUnsupported }

func hungUp(fd uintptr) bool { return false }
