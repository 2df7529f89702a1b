package authbasic

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"

	"github.com/go-crypt/x/bcrypt"
	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
)

// errUnsupported is the answer to hashes that the C library would verify and
// this package does not.
var errUnsupported = errors.New("the password is hashed in a way that is not supported")

// A scheme is a way of hashing, which a hash begins with the name of. Its
// function hashes a password again as a hash says, and returns nil if the hash
// is none.
type scheme struct {
	prefix string
	again  func(password, hash []byte) []byte
}

// schemes are nginx's own and then those of libxcrypt, the crypt() of Linux.
var schemes = []scheme{
	{"$apr1$", func(p, h []byte) []byte { return md5crypt(p, h, "$apr1$") }},
	{"{PLAIN}", func(p, _ []byte) []byte { return append([]byte("{PLAIN}"), p...) }},
	{"{SSHA}", ssha},
	{"{SHA}", func(p, _ []byte) []byte { sum := sha1.Sum(p); return encoded("{SHA}", sum[:]) }},
	{"$1$", func(p, h []byte) []byte { return md5crypt(p, h, "$1$") }},
	{"$5$", func(p, h []byte) []byte { return shacrypt(p, h, "$5$", sha256.New) }},
	{"$6$", func(p, h []byte) []byte { return shacrypt(p, h, "$6$", sha512.New) }},
	{"$2a$", blowfish}, {"$2b$", blowfish}, {"$2y$", blowfish},
	{"$y$", yes},
}

// unsupported are prefixes of what libxcrypt verifies beyond that.
var unsupported = []string{"$7$", "$gy$", "$sha1$", "$md5", "$3$", "$2x$", "_"}

// verify reports whether a password has a hash.
func verify(password, hash []byte) (bool, error) {
	if i := bytes.IndexByte(password, 0); i >= 0 {
		password = password[:i] // as a C string
	}
	for _, s := range schemes {
		if bytes.HasPrefix(hash, []byte(s.prefix)) {
			again := s.again(password, hash)
			return again != nil && bytes.Equal(again, hash), nil
		}
	}
	for _, prefix := range unsupported {
		if bytes.HasPrefix(hash, []byte(prefix)) {
			return false, errUnsupported
		}
	}
	again := descrypt(password, hash)
	return again != nil && bytes.Equal(again, hash), nil
}

func encoded(prefix string, b []byte) []byte {
	return base64.StdEncoding.AppendEncode([]byte(prefix), b)
}

// ssha is {SSHA}: the base64 of SHA-1 of password and salt, and of the salt.
func ssha(password, hash []byte) []byte {
	text := bytes.TrimRight(hash[len("{SSHA}"):], "=")
	sum, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil || len(sum) < sha1.Size {
		sum = make([]byte, sha1.Size)
	}
	salt := sum[sha1.Size:]
	h := sha1.New()
	h.Write(password)
	h.Write(salt)
	return encoded("{SSHA}", append(h.Sum(nil), salt...))
}

// shacrypt is SHA-crypt, https://www.akkadia.org/drepper/SHA-crypt.txt.
func shacrypt(password, hash []byte, prefix string, newHash func() hash.Hash) []byte {
	const least, usual, most = 1000, 5000, 999_999_999
	rest := hash[len(prefix):]
	rounds, setting := usual, len(prefix)
	if given, ok := bytes.CutPrefix(rest, []byte("rounds=")); ok {
		number, salt, ok := bytes.Cut(given, []byte{'$'})
		n, err := strconv.Atoi(string(number))
		if !ok || err != nil || n < least || n > most || number[0] == '+' {
			return nil
		}
		rounds, rest = n, salt
		setting = len(hash) - len(salt)
	}
	salt, _, _ := bytes.Cut(rest, []byte{'$'})
	salt = salt[:min(len(salt), 16)]
	again := append(bytes.Clone(hash[:setting]), salt...)
	return append(append(again, '$'), crypt.KeySHACrypt(newHash, password, salt, rounds)...)
}

func blowfish(password, hash []byte) []byte {
	if bcrypt.CompareHashAndPassword(hash, password) != nil {
		return nil
	}
	return hash
}

func yes(password, hash []byte) []byte {
	again, err := yescrypt.Hash(password, hash)
	if err != nil {
		return nil
	}
	return again
}
