//go:build unix

package conn

// canWait says that RawConn.Read's callback may try a read and be called again
// when the descriptor is readable.
const canWait = true
