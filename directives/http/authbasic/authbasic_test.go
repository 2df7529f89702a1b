package authbasic

import (
	"testing"
)

// TestVerify has hashes made by openssl passwd, htpasswd and mkpasswd.
func TestVerify(t *testing.T) {
	for _, tt := range []struct{ password, hash string }{
		{"foo", "$apr1$saltsalt$8YFArRF7fT.LGRLo8ZCb9/"},
		{"foo", "abQ9KY.KfrYrc"},
		{"foo", "./bLUG5RMuWqc"},
		{"foo", "zZ3uW76pHs.5U"},
		{"foo", "$1$abcdefgh$XxzGe9Muun7wTYbZO4sdr0"},
		{"foo", "$5$saltstring$cr2CvCFIKoWzPbNE/zwPZlK4pWt7ZmE.Khxbgywiq0A"},
		{"foo", "$6$rounds=1400$anotherlongsalts$u3YEdg9TwnBiXmx9EZ0d7rdkM2bXzdySNNyVd7hdrEezMaBnJvOo7JjK6NGe0EAeeFKSpCWsRYSdDsVEDSAZO1"},
		{"foo", "$5$rounds=1001$x$NBjwG70cBtjQjXhsdPX4nk9xJ1AXXYyffnovzn05zu7"},
		{"foo", "{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM="},
		{"foo", "{SSHA}MpJNrOjJiUIzqnSsZAtPVniXV49zYWx0"},
		{"foo", "{PLAIN}foo"},
		{"", "abmF1QH4PEr.E"},
		{"", "./Una9Fi.seRo"},
		{"", "zZO7u0HfQST3A"},
		{"", "$1$abcdefgh$M55TzYaaccxVGbptZWaxX/"},
		{"", "$5$saltstring$FdNfA4gXqvCeO6iZs7G/.wwwoywYZqo0l1pwmfWaBA7"},
		{"", "$6$rounds=1400$anotherlongsalts$CvyNSQwf6bQerEu9N9SQOWtPnrIu1XZzaKZQpGKfoQ/SaumCMqHGCEvfGxtQ5xG2Au23d5sGapl8LQH64hLtn/"},
		{"", "$5$rounds=1001$x$KWuuUbd6169993aKYw68bKgRr4cili5tkTrUAB8Hm4D"},
		{"", "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
		{"", "{SSHA}spXRFxNal2PaKC59rnOlyn0+WxFzYWx0"},
		{"", "{PLAIN}"},
		{"a longer password, over sixteen bytes", "$apr1$saltsalt$t1ogpjm2gpL6nTlpH1oxT1"},
		{"a longer password, over sixteen bytes", "abkcfEndDLESY"},
		{"a longer password, over sixteen bytes", "./lsDnckUAtiM"},
		{"a longer password, over sixteen bytes", "zZS2oa9o2s9XA"},
		{"a longer password, over sixteen bytes", "$1$abcdefgh$KAW/67tvu5FS94xJjpuU./"},
		{"a longer password, over sixteen bytes", "$5$saltstring$KbjD8ri44UKEE49TpRRL7V0KL0PhliHLjikqJE7esU5"},
		{"a longer password, over sixteen bytes", "$6$rounds=1400$anotherlongsalts$93op1rcwUUy9iTGGNH17CxqZze90VhqyvGrwfdjLS1a0nK44TCut2QxiD8XPbJHJIJjvrHzLuCBAX0zniZ4Mg0"},
		{"a longer password, over sixteen bytes", "$5$rounds=1001$x$dk9E/6qxwnt7.2.KmSepeBzYqSubSjHx3A3B/hJh5Q2"},
		{"a longer password, over sixteen bytes", "{SHA}1agbi82sJBjhmvlE5zktFixpbu8="},
		{"a longer password, over sixteen bytes", "{SSHA}w9zoZFAUS+Lx6Bq/pxSOV4SPGOxzYWx0"},
		{"a longer password, over sixteen bytes", "{PLAIN}a longer password, over sixteen bytes"},
		{"päss", "$apr1$saltsalt$f74.33Z0f34Aak2NYQJTa0"},
		{"päss", "abxNd6oRGYP9Q"},
		{"päss", "./Wrjs.Kc.GIM"},
		{"päss", "zZE/Z3cJ7B3NM"},
		{"päss", "$1$abcdefgh$QLc60jVoQ2PaFW/QsiK900"},
		{"päss", "$5$saltstring$6G3HI990O.FtcpzpgeQzNXoeB9pWn9YU.gVTtFgbMz/"},
		{"päss", "$6$rounds=1400$anotherlongsalts$pvLOJCDcexlFqtOwE0Tf07MJK4iU2p4WEY2fZYuxBjD1k4.a8EHQyEmQFKswY9IqWH2LLaVtlQ2k5TyiOOWIN/"},
		{"päss", "$5$rounds=1001$x$g1bj.ifL.8L6V34BROcfR1tdxLJtc9/sKUTr0SqzNo/"},
		{"päss", "{SHA}ta81cOE4wM/twp7YSmra6UHf0uo="},
		{"päss", "{SSHA}lDKQlgm6tJAjqmEmMGFUfpEmiYhzYWx0"},
		{"päss", "{PLAIN}päss"},
		{"foo", "_J9..rasm0lF9cZWPt9c"},
		{"foo", "$7$C6..../....SodiumChloride$amMI.bcm.WJdLOni1iZAH3WmGvXJf34ehTEFvWAOMBD"},
		{"foo", "$sha1$1000$saltsalt$/eSiaqxyiv0OV2p28lh91j9Yt8vT"},
		{"foo", "$sha1$24$a$jjYRXcuiSDIr8Bbgo79Cb9jTqlOG"},
		{"", "_J9..rasmTB5D3hoAd8A"},
		{"", "$7$C6..../....SodiumChloride$rstazfmyrYQxDGNTkWA0DIuyHi5YTtliav1u8qLNN8C"},
		{"", "$sha1$1000$saltsalt$KuavhvY.WVECqDUh55UNRNkEi1YL"},
		{"", "$sha1$24$a$XE1MUTKVuwJSaX6qNIR2mxKyUZGM"},
		{"a longer password, over sixteen bytes", "_J9..rasmHDqrgdOA5so"},
		{"a longer password, over sixteen bytes", "$7$C6..../....SodiumChloride$IidaAtCrYUNeDrL0Y26QSluoE2H8JUZuFRg69ENHeJ6"},
		{"a longer password, over sixteen bytes", "$sha1$1000$saltsalt$l9aE5zcGxRuqFKZmOUM2Cso20NLQ"},
		{"a longer password, over sixteen bytes", "$sha1$24$a$oVdTlrhsPE2PlF.AKp1txKI5y/lF"},
		{"päss", "_J9..rasmYKLxU3hS9dQ"},
		{"päss", "$7$C6..../....SodiumChloride$iBYPbvQ29n7E9a5nboC1J7YsJfJuc7VeVtUx0L2k11B"},
		{"päss", "$sha1$1000$saltsalt$8nupKHmxElR1JM6Q5Ac19KFpL5DS"},
		{"päss", "$sha1$24$a$6sYoDZyc2B62Q8PqBNsynUnLGDgY"},
		{"foo", "$2b$04$abcdefghijklmnopqrstuusPAkIApvNSrrxdx0BTXtj7R2NfqZq36"},
		{"foo", "$2y$04$abcdefghijklmnopqrstuusPAkIApvNSrrxdx0BTXtj7R2NfqZq36"},
		{"foo", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$t76vU2X.k7VdTcpzG/EsHBxGX1NxSUXmNQ.ZBbh54C4"},
	} {
		if ok, err := verify([]byte(tt.password), []byte(tt.hash)); !ok || err != nil {
			t.Errorf("%q is not %s (%v)", tt.password, tt.hash, err)
		}
		if ok, _ := verify([]byte("X"+tt.password), []byte(tt.hash)); ok {
			t.Errorf("%q is %s", "X"+tt.password, tt.hash)
		}
		for _, i := range []int{1, len(tt.hash) / 2, len(tt.hash) - 1} { // no part of a hash is taken for one
			if ok, _ := verify([]byte(tt.password), []byte(tt.hash[:i])); ok {
				t.Errorf("%q is %s", tt.password, tt.hash[:i])
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	for _, tt := range []struct {
		hash string
		err  error
	}{
		{"", nil}, {"a", nil}, {"!!", nil}, {"plain text", nil}, {"{SSHA}", nil}, {"{SSHA}%%", nil}, {"{SHA}", nil},
		{"$1$", nil}, {"$5$rounds=10$a$b", nil}, {"$6$rounds=x$a$b", nil}, {"$2a$", nil}, {"$y$", nil}, {"$9$a$b", nil},
		{"$7$CU..../....", nil}, {"$7$CU", nil}, {"$7$zzzzzz/....a$b", nil}, {"_J9..CCCCXBrJUJV154M", nil}, {"_J9", nil},
		{"$sha1$0$a$b", nil}, {"$sha1$", nil}, {"$sha1$x$a$b", nil}, {"$gy$j9T$a$b", errUnsupported}, {"$3$$ac", errUnsupported},
	} {
		if ok, err := verify([]byte("password"), []byte(tt.hash)); ok || err != tt.err {
			t.Errorf("%q: %v, %v; want false, %v", tt.hash, ok, err, tt.err)
		}
	}
}

func TestLookup(t *testing.T) {
	const file = "# a comment\n\nab:1\nabc:2:more\r\nlong:3\r\n:4\nlast:5"
	for _, tt := range []struct {
		file, user, hash string
		ok               bool
	}{
		{file, "ab", "1", true},
		{file, "abc", "2", true},
		{file, "long", "3", true},
		{file, "last", "5", true},
		{file, "# a comment", "", false},
		{file, "a", "", false},
		{file, "abcd", "", false},
		{file, "las", "", false},
		{"ab", "ab", "", false},
		{"ab\nabc:1", "abc", "", false}, // nginx skips the line behind one that ends within the name
		{"ab\n\nabc:1", "abc", "1", true},
		{"x:1\rab:2\nab:3", "ab", "3", true},
	} {
		hash, ok := lookup([]byte(tt.file), []byte(tt.user))
		if ok != tt.ok || ok && string(hash) != tt.hash {
			t.Errorf("%q in %q: %q, %v; want %q, %v", tt.user, tt.file, hash, ok, tt.hash, tt.ok)
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add([]byte("a:b\nc:d"), []byte("c"))
	f.Fuzz(func(t *testing.T, file, user []byte) {
		if hash, ok := lookup(file, user); ok {
			verify([]byte("x"), hash[:min(len(hash), 4)])
		}
	})
}
