package filecache

import (
	"encoding/binary"
	"hash/crc32"
)

// The format of a file is ngx_http_file_cache_header_t as 64-bit machines lay it
// out, what follows it as text, the head of the response as the upstream sent it,
// and the body.
const (
	version   = 5
	maxETag   = 128
	maxVary   = 128
	atVersion = 0
	atValid   = 8
	atUpdate  = 16
	atError   = 24
	atTime    = 32
	atDate    = 40
	atSum     = 48
	atMsec    = 52
	atHead    = 54
	atBody    = 56
	atETag    = 58
	atVary    = 187
	atVariant = 316
	fixed     = 336

	keyIntro = "\nKEY: "

	// MaxHead is where the body begins at the latest.
	MaxHead = 1<<16 - 1
)

// headStart returns where the head of the response begins behind a key of n bytes.
func headStart(n int) int { return fixed + len(keyIntro) + n + 1 }

// A header is the part of the format in fixed places.
type header struct {
	version                uint64
	valid, updating, error int64
	modified, date         int64
	sum                    uint32
	head, body             int
	etag, vary             []byte
	etagLen, varyLen       int
	variant                Key
}

func parseHeader(p []byte) (h header) {
	le := binary.NativeEndian
	h.version = le.Uint64(p[atVersion:])
	h.valid, h.updating, h.error = int64(le.Uint64(p[atValid:])), int64(le.Uint64(p[atUpdate:])), int64(le.Uint64(p[atError:]))
	h.modified, h.date = int64(le.Uint64(p[atTime:])), int64(le.Uint64(p[atDate:]))
	h.sum = le.Uint32(p[atSum:])
	h.head, h.body = int(le.Uint16(p[atHead:])), int(le.Uint16(p[atBody:]))
	h.etagLen, h.varyLen = int(p[atETag]), int(p[atVary])
	h.etag = p[atETag+1:][:min(h.etagLen, maxETag)]
	h.vary = p[atVary+1:][:min(h.varyLen, maxVary)]
	copy(h.variant[:], p[atVariant:])
	return h
}

// appendHeader appends the header of e as it is now.
func (e *Entry) appendHeader(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, fixed)...)
	p := dst[at:]
	le := binary.NativeEndian
	le.PutUint64(p[atVersion:], version)
	le.PutUint64(p[atValid:], uint64(e.Valid))
	le.PutUint64(p[atUpdate:], uint64(e.StaleUpdating))
	le.PutUint64(p[atError:], uint64(e.StaleError))
	le.PutUint64(p[atTime:], uint64(e.LastModified))
	le.PutUint64(p[atDate:], uint64(e.Date))
	le.PutUint32(p[atSum:], e.sum)
	le.PutUint16(p[atHead:], uint16(e.HeadStart))
	le.PutUint16(p[atBody:], uint16(e.BodyStart))
	if len(e.ETag) <= maxETag {
		p[atETag] = byte(len(e.ETag))
		copy(p[atETag+1:], e.ETag)
	}
	if n := min(len(e.Vary), maxVary); n > 0 {
		p[atVary] = byte(n)
		copy(p[atVary+1:], e.Vary[:n])
		e.variant = e.variantOf(e.Vary[:n])
		copy(p[atVariant:], e.variant[:])
	}
	return dst
}

// MaxVary is how long the Vary field of a response may be that is kept.
const MaxVary = maxVary

func checksum(text []byte) uint32 { return crc32.ChecksumIEEE(text) }
