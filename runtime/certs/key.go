package certs

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
	"slices"
)

var (
	errPassword = errors.New("wrong password")
	unsupported = []string{"error:1E08010C:DECODER routines::unsupported:No supported data to decode. Input type: PEM"}
	noPassword  = []string{
		"error:1400006B:UI routines::processing error:while reading strings", "error:0480006D:PEM routines::problems getting password",
		"error:07880109:common libcrypto routines::interrupted or cancelled", "error:07880109:common libcrypto routines::interrupted or cancelled",
		"error:04800068:PEM routines::bad password read",
	}
	noPassword8 = slices.Concat(noPassword[:4], []string{"error:1C80009F:Provider routines::unable to get passphrase"}, noPassword[:3], noPassword[4:])
	badDecrypt  = []string{"error:1C800064:Provider routines::bad decrypt", "error:04800065:PEM routines::bad decrypt"}
	badPKCS8    = []string{
		"error:1C800064:Provider routines::bad decrypt", "error:11800074:PKCS12 routines::pkcs12 cipherfinal error:maybe wrong password",
		"error:1C800064:Provider routines::bad decrypt", "error:11800074:PKCS12 routines::pkcs12 cipherfinal error:maybe wrong password",
	}
)

// parseKey finds the private key in text. The error is in OpenSSL's codes.
func parseKey(text []byte, passwords [][]byte) (key crypto.PrivateKey, encrypted bool, codes []string) {
	for {
		b, rest := pem.Decode(text)
		if b == nil {
			return nil, false, unsupported
		}
		text = rest
		var der []byte
		var err error
		codes = badDecrypt
		switch b.Type {
		case "ENCRYPTED PRIVATE KEY":
			codes, encrypted = badPKCS8, true
			der, err = try(passwords, func(p []byte) ([]byte, error) { return decryptPKCS8(b.Bytes, p) })
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			der = b.Bytes
			//lint:ignore SA1019 keys that were encrypted so are in use
			if encrypted = x509.IsEncryptedPEMBlock(b); encrypted {
				der, err = try(passwords, func(p []byte) ([]byte, error) {
					der, err := x509.DecryptPEMBlock(b, p) //lint:ignore SA1019 as above
					if err == nil && parseDER(der) == nil {
						err = errPassword
					}
					return der, err
				})
			}
		default:
			continue // parameters of a curve, certificates
		}
		if err != nil && !errors.Is(err, errPassword) && !errors.Is(err, x509.IncorrectPasswordError) {
			return nil, false, []string{err.Error()}
		}
		if err != nil && len(passwords) == 0 { // OpenSSL asks the terminal, which is not there
			if b.Type == "ENCRYPTED PRIVATE KEY" {
				return nil, false, noPassword8
			}
			return nil, false, noPassword
		}
		if err != nil {
			return nil, false, codes
		}
		if key := parseDER(der); key != nil {
			return key, encrypted, nil
		}
		return nil, false, unsupported
	}
}

// try decrypts with each password until one fits.
func try(passwords [][]byte, decrypt func([]byte) ([]byte, error)) (der []byte, err error) {
	err = errPassword
	for _, p := range passwords {
		if der, err = decrypt(p); err == nil {
			break
		}
	}
	return der, err
}

// parseDER reads a key of PKCS #1, SEC 1 or PKCS #8; nil if it is none.
func parseDER(der []byte) crypto.PrivateKey {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return k
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return k
	}
	return nil
}

// The ASN.1 of an encrypted key (RFC 5958) and of PBES2 (RFC 8018, appendix A.4).
type (
	encryptedKey struct {
		Algo pkix.AlgorithmIdentifier
		Data []byte
	}
	pbes2 struct {
		KDF, Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// decryptPKCS8 decrypts a key by PBES2. What OpenSSL did before version 1.1
// (PBES1) and has no default provider for any more is not supported.
func decryptPKCS8(der, password []byte) ([]byte, error) {
	var k encryptedKey
	if rest, err := asn1.Unmarshal(der, &k); err != nil || len(rest) > 0 {
		return nil, errors.New("malformed encrypted key")
	}
	if k.Algo.Algorithm.String() != "1.2.840.113549.1.5.13" {
		return nil, errors.New("encryption of the key is not supported: " + k.Algo.Algorithm.String())
	}
	var p pbes2
	if _, err := asn1.Unmarshal(k.Algo.Parameters.FullBytes, &p); err != nil {
		return nil, errors.New("malformed encrypted key")
	}
	newBlock, size := blockCipher(p.Cipher.Algorithm.String())
	if newBlock == nil {
		return nil, errors.New("encryption of the key is not supported: " + p.Cipher.Algorithm.String())
	}
	var iv []byte
	if _, err := asn1.Unmarshal(p.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, errors.New("malformed encrypted key")
	}
	key, err := deriveKey(&p.KDF, password, size)
	if err != nil {
		return nil, err
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, err
	}
	n := block.BlockSize()
	if len(iv) != n || len(k.Data) == 0 || len(k.Data)%n != 0 {
		return nil, errors.New("malformed encrypted key")
	}
	plain := bytes.Clone(k.Data)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > n {
		return nil, errPassword
	}
	plain = plain[:len(plain)-pad]
	if parseDER(plain) == nil {
		return nil, errPassword
	}
	return plain, nil
}

func blockCipher(oid string) (func([]byte) (cipher.Block, error), int) {
	switch oid {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32
	case "1.2.840.113549.3.7":
		return des.NewTripleDESCipher, 24
	}
	return nil, 0
}

func deriveKey(kdf *pkix.AlgorithmIdentifier, password []byte, size int) ([]byte, error) {
	switch kdf.Algorithm.String() {
	case "1.2.840.113549.1.5.12":
		var p pbkdf2Params
		if _, err := asn1.Unmarshal(kdf.Parameters.FullBytes, &p); err != nil {
			return nil, errors.New("malformed encrypted key")
		}
		h := hashOf(p.PRF.Algorithm.String())
		if h == nil {
			return nil, errors.New("encryption of the key is not supported: " + p.PRF.Algorithm.String())
		}
		return pbkdf2.Key(h, string(password), p.Salt, p.Iterations, size)
	}
	return nil, errors.New("encryption of the key is not supported: " + kdf.Algorithm.String())
}

func hashOf(oid string) func() hash.Hash {
	switch oid {
	case "", "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.8":
		return sha256.New224
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}
