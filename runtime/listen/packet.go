package listen

// NextSerial returns a number for $connection that nothing else has.
func (k *Socket) NextSerial() uint64 { return k.set.Serial.Add(1) }

// datagrams reports whether the socket is one of datagrams.
func (o *Options) datagrams() bool { return o.Network == "udp" || o.Network == "unixgram" }
