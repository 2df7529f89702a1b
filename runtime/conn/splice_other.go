//go:build !linux

package conn

import (
	"errors"
	"syscall"
)

// A Pipe does not exist here.
type Pipe struct{}

// NewPipe fails.
func NewPipe() (*Pipe, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (p *Pipe) Close() {}

// Empty reports whether nothing is in the pipe.
func (p *Pipe) Empty() bool { return true }

// Waited reports whether the last SendPipe had to wait for the peer.
func (p *Pipe) Waited() bool { return false }

// Fill moves nothing.
func (c *Conn) Fill(*Pipe, int) (int, error) { return 0, nil }

// SendPipe fails.
func (c *Conn) SendPipe(*Pipe) (int, error) { return 0, errors.ErrUnsupported }

func (op *writeOp) sendPipe(uintptr) (int, syscall.Errno) { return 0, syscall.ENOSYS }
