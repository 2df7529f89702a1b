package autoindex

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/openfile"
)

// utf8Name is the charset of XML, and the one in which HTML counts characters.
var utf8Name = []byte("utf-8")

// width is how many characters of a name HTML shows.
const width = 50

const spaces = "                                                  " // width of them

// appendHTML writes the list as a page.
func (l *lister) appendHTML(r *httpd.Request, entries []entry) []byte {
	inUTF8 := header.EqualFold(r.Resp.Charset, utf8Name)
	zone := 0
	if l.local {
		_, zone = time.Now().Zone() // nginx takes the offset of today for all times
	}
	b := h1.AppendEscapeHTML([]byte("<html>\r\n<head><title>Index of "), r.URI)
	b = append(b, "</title></head>\r\n<body>\r\n<h1>Index of "...)
	b = append(h1.AppendEscapeHTML(b, r.URI), "</h1><hr><pre><a href=\"../\">../</a>\r\n"...)
	for i := range entries {
		e := &entries[i]
		b = h1.AppendEscape(append(b, "<a href=\""...), e.name, h1.EscapeComponent)
		if e.kind == openfile.Dir {
			b = append(b, '/')
		}
		b = appendName(append(b, "\">"...), e, inUTF8)
		t := time.Unix(e.mtime.Unix()+int64(zone), 0).UTC()
		b = t.AppendFormat(append(b, ' '), "02-Jan-2006 15:04 ")
		b = append(l.appendSize(b, e), "\r\n"...)
	}
	return append(b, "</pre><hr></body>\r\n</html>\r\n"...)
}

// appendName writes a name and the end of its link, filled up to the width or
// cut down to it.
func appendName(b []byte, e *entry, inUTF8 bool) []byte {
	n := len(e.name)
	if inUTF8 && utf8.Valid(e.name) {
		n = utf8.RuneCount(e.name)
	}
	if n > width {
		return append(h1.AppendEscapeHTML(b, prefix(e.name, width-3, n != len(e.name))), "..&gt;</a>"...)
	}
	b = h1.AppendEscapeHTML(b, e.name)
	if e.kind == openfile.Dir && n < width {
		b = append(b, '/')
		n++
	}
	return append(append(b, "</a>"...), spaces[:width-n]...)
}

// prefix returns the first n characters of a name, or bytes if not inUTF8.
func prefix(name []byte, n int, inUTF8 bool) []byte {
	if !inUTF8 {
		return name[:n]
	}
	end := 0
	for range n {
		_, size := utf8.DecodeRune(name[end:])
		end += size
	}
	return name[:end]
}

// appendSize writes a size, right-aligned: in 19 columns, or rounded in 7.
func (l *lister) appendSize(b []byte, e *entry) []byte {
	switch {
	case l.exact && e.kind == openfile.Dir:
		return fmt.Appendf(b, "%19s", "-")
	case l.exact:
		return fmt.Appendf(b, "%19d", e.size)
	case e.kind == openfile.Dir:
		return fmt.Appendf(b, "%7s", "-")
	}
	for _, u := range []struct {
		above int64
		shift int
		name  byte
	}{
		{1<<30 - 1, 30, 'G'}, {1<<20 - 1, 20, 'M'}, {9999, 10, 'K'},
	} {
		if e.size > u.above {
			n := e.size >> u.shift
			if e.size&(1<<u.shift-1) > 1<<u.shift/2-1 {
				n++
			}
			return fmt.Appendf(b, "%6d%c", n, u.name)
		}
	}
	return fmt.Appendf(b, " %6d", e.size)
}

var kinds = [...]string{openfile.Other: "other", openfile.Regular: "file", openfile.Dir: "directory"}

// appendJSON writes the list as an array, or as a call with it if callback is
// not empty.
func appendJSON(entries []entry, callback []byte) []byte {
	var b []byte
	if len(callback) > 0 {
		b = append(append(append(b, "/* callback */\r\n"...), callback...), '(')
	}
	b = append(b, '[')
	for i := range entries {
		e := &entries[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = h1.AppendEscapeJSON(append(b, "\r\n{ \"name\":\""...), e.name)
		b = append(append(b, "\", \"type\":\""...), kinds[e.kind]...)
		b = h1.AppendTime(append(b, "\", \"mtime\":\""...), e.mtime.Unix())
		b = append(b, '"')
		if e.kind == openfile.Regular {
			b = strconv.AppendInt(append(b, ", \"size\":"...), e.size, 10)
		}
		b = append(b, " }"...)
	}
	b = append(b, "\r\n]"...)
	if len(callback) > 0 {
		b = append(b, ");"...)
	}
	return b
}

// appendXML writes the list as elements named by their kind.
func appendXML(entries []entry) []byte {
	b := []byte("<?xml version=\"1.0\"?>\r\n<list>\r\n")
	for i := range entries {
		e := &entries[i]
		b = append(append(append(b, '<'), kinds[e.kind]...), " mtime=\""...)
		b = append(e.mtime.UTC().AppendFormat(b, "2006-01-02T15:04:05Z"), '"')
		if e.kind == openfile.Regular {
			b = append(strconv.AppendInt(append(b, " size=\""...), e.size, 10), '"')
		}
		b = append(h1.AppendEscapeHTML(append(b, '>'), e.name), "</"...)
		b = append(append(b, kinds[e.kind]...), ">\r\n"...)
	}
	return append(b, "</list>\r\n"...)
}
