package authbasic

import (
	"bytes"
	"crypto/md5"
)

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// md5crypt is Poul-Henning Kamp's hash, "$1$", and Apache's, "$apr1$", which
// is the same but for its name.
func md5crypt(password, hash []byte, prefix string) []byte {
	salt, _, _ := bytes.Cut(hash[len(prefix):], []byte{'$'})
	salt = salt[:min(len(salt), 8)]

	h := md5.New()
	h.Write(password)
	h.Write(salt)
	h.Write(password)
	sum := h.Sum(nil)

	h.Reset()
	h.Write(password)
	h.Write([]byte(prefix))
	h.Write(salt)
	for n := len(password); n > 0; n -= md5.Size {
		h.Write(sum[:min(n, md5.Size)])
	}
	for n := len(password); n > 0; n >>= 1 {
		if n&1 != 0 {
			h.Write([]byte{0})
		} else {
			h.Write(password[:1])
		}
	}
	sum = h.Sum(sum[:0])

	for i := range 1000 {
		h.Reset()
		first, last := sum, password
		if i&1 != 0 {
			first, last = password, sum
		}
		h.Write(first)
		if i%3 != 0 {
			h.Write(salt)
		}
		if i%7 != 0 {
			h.Write(password)
		}
		h.Write(last)
		sum = h.Sum(sum[:0])
	}

	out := append([]byte(prefix), salt...)
	out = append(out, '$')
	put := func(v, n int) {
		for ; n > 0; n-- {
			out = append(out, alphabet[v&63])
			v >>= 6
		}
	}
	for _, t := range [...][3]int{{0, 6, 12}, {1, 7, 13}, {2, 8, 14}, {3, 9, 15}, {4, 10, 5}} {
		put(int(sum[t[0]])<<16|int(sum[t[1]])<<8|int(sum[t[2]]), 4)
	}
	put(int(sum[11]), 2)
	return out
}
