package filecache

import (
	"encoding/hex"
	"time"
)

// A Key is what tells entries apart: the MD5 digest of the text of a key.
type Key [16]byte

func (k Key) String() string { return hex.EncodeToString(k[:]) }

// A node is what is known of one key. (ngx_http_file_cache_node_t)
type node struct {
	key        Key
	prev, next *node
	refs       int // of requests
	uses       int
	status     int // of an error that is answered instead; 0: none
	exists     bool
	updating   bool // somebody is asking the upstream
	deleting   bool
	inode      uint64
	expire     int64 // Unix time
	valid      int64 // of status: Unix time
	body       int   // where it starts in the file; 0: not known
	blocks     int64
	locked     time.Time     // updating counts until then
	settled    chan struct{} // closed when updating ends; nil: nobody waits
}

// touch makes n the node that was used last. c.keys.mu is held.
func (c *Cache) touch(n *node) {
	n.unlink()
	q := &c.keys.queue
	n.prev, n.next = q, q.next
	q.next.prev, q.next = n, n
	n.expire = c.Now().Unix() + int64(c.Inactive/time.Second)
}

func (n *node) unlink() {
	if n.next != nil {
		n.prev.next, n.next.prev = n.next, n.prev
		n.prev, n.next = nil, nil
	}
}

// settle says that nobody asks the upstream any more. k.mu is held.
func (n *node) settle() {
	n.updating = false
	if n.settled != nil {
		close(n.settled)
		n.settled = nil
	}
}

// remove forgets a node. k.mu is held.
func (k *Keys) remove(n *node) {
	n.unlink()
	delete(k.nodes, n.key)
}

// add makes a node for a key, or returns nil if there is no room: then some are
// removed soon. k.mu is held.
func (k *Keys) add(key Key) *node {
	if len(k.nodes) >= k.most {
		k.watermark = len(k.nodes) - len(k.nodes)/8
		return nil
	}
	n := &node{key: key, uses: 1}
	k.nodes[key] = n
	return n
}

// A found is what find says of a key.
type found int8

const (
	foundNone   found = iota // nobody asked for it before
	foundScarce              // too few did
	foundSome
	foundFull // and there is no room
)

// find looks the key of e up, and refers to its node. (ngx_http_file_cache_exists)
func (c *Cache) find(e *Entry) found {
	k := c.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	n := e.node
	if n == nil {
		n = k.nodes[e.key]
	}
	f := foundSome
	switch {
	case n == nil:
		if n = k.add(e.key); n == nil {
			c.forceExpire() // which lets others add it meanwhile
			if n = k.nodes[e.key]; n == nil {
				n = k.add(e.key)
			}
			if n == nil {
				return foundFull
			}
		}
		n.refs++
		f = foundNone
	default:
		if e.node == nil {
			n.uses++
			n.refs++
		}
		switch {
		case n.status != 0 && n.valid < c.Now().Unix():
			k.size -= n.blocks // nginx forgets the file, and goes on counting it
			n.status, n.exists, n.valid, n.inode, n.body, n.blocks = 0, false, 0, 0, 0, 0
			f = foundNone
		case n.status != 0:
		case n.exists || n.uses >= e.MinUses:
			e.exists = n.exists
			if n.body > 0 && !e.toMain {
				e.limit = n.body
			}
		default:
			f = foundScarce
		}
	}
	c.touch(n)
	e.inode, e.Status, e.node = n.inode, n.status, n
	return f
}
