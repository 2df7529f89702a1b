package core

import (
	"errors"
	"time"

	"understudy/directives/spec"
)

// idle is the directives of the main block that have no effect here.
var idle = []spec.Directive[conf]{{
	Name: "master_process", In: spec.Main, Syntax: "on | off", Default: "on",
	Doc: "Runs workers in processes of their own.",
	Set: spec.Accept("one process does all the work", spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.flags[0] })),
}, {
	Name: "timer_resolution", In: spec.Main, Syntax: "interval",
	Doc: "Reads the clock only once in an interval.",
	Set: spec.Accept("the clock is read when the time is needed", spec.SetTime(func(c *conf) *spec.Value[time.Duration] { return &c.times[0] }, true)),
}, {
	Name: "lock_file", Names: spec.FileName, In: spec.Main, Syntax: "file", Default: "logs/nginx.lock",
	Doc: "Names the file that workers lock where they have no better way.",
	Set: spec.Accept("there are no workers that would wait for each other", spec.SetText(func(c *conf) *spec.Value[string] { return &c.words[0] })),
}, {
	Name: "debug_points", In: spec.Main, Syntax: "abort | stop",
	Doc: "Stops the process where nginx finds an error of its own, for a debugger.",
	Set: spec.Accept("there are no such points", spec.SetEnum(func(c *conf) *spec.Value[int] { return &c.nums[0] }, map[string]int{"abort": 1, "stop": 2})),
}, {
	Name: "worker_priority", In: spec.Main, Args: spec.Exactly(1), Syntax: "number",
	Doc: "Sets the scheduling priority of workers, as nice does.",
	Set: spec.Accept("the process keeps the priority it was started with", spec.Do(setPriority)),
}, {
	Name: "worker_cpu_affinity", In: spec.Main, Args: spec.AtLeast(1), Syntax: "cpumask ... | auto [cpumask]",
	Doc: "Binds workers to CPUs.",
	Set: spec.Accept("there are no workers to bind: requests run on whatever CPU is free", spec.Do(setAffinity)),
}, {
	Name: "load_module", Names: spec.ModuleFile, In: spec.Main, Args: spec.Exactly(1), Syntax: "file",
	Doc: "Loads a dynamic module.",
	Set: spec.Accept("nginx's modules are part of the program", spec.Do(loadModule)),
}, {
	Name: "thread_pool", In: spec.Main, Args: spec.Between(2, 3), Syntax: "name threads=number [max_queue=number]",
	Doc: "Defines threads that read files.",
	Set: spec.Accept("a file that is slow to read keeps only its own request waiting", spec.Do(setThreadPool)),
}, {
	Name: "pcre_jit", In: spec.Main, Syntax: "on | off", Default: "off",
	Doc: "Compiles regular expressions to machine code.",
	Set: spec.Accept("regular expressions are not run by PCRE", spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.flags[1] })),
}, {
	Name: "ssl_engine", In: spec.Main, Args: spec.Exactly(1), Syntax: "device",
	Doc: "Names the hardware that does cryptography.",
	Set: spec.Refuse[conf]("OpenSSL, whose engines these are, is not used"),
}, {
	Name: "quic_bpf", In: spec.Main, Syntax: "on | off", Default: "off",
	Doc: "Lets the kernel bring datagrams of a QUIC connection to the worker that has it.",
	Set: spec.Accept("one process has all connections", spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.flags[3] })),
}}

func setPriority(c *conf, call *spec.Call) error {
	if c.nice != 0 { // nginx does not notice a priority of 0 either
		return spec.ErrDuplicate
	}
	text, sign := call.Args[0].Text, 1
	if text != "" && (text[0] == '-' || text[0] == '+') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	n, ok := spec.ParseNumber(text)
	if !ok {
		return errors.New("invalid number")
	}
	c.nice = sign * n
	return nil
}

// maxCPUs is how many bits a mask may have: CPU_SETSIZE.
const maxCPUs = 1024

func setAffinity(c *conf, call *spec.Call) error {
	if c.masks > 0 {
		return spec.ErrDuplicate
	}
	c.masks = len(call.Args)
	first := 0
	if call.Args[0].Text == "auto" {
		if len(call.Args) > 2 {
			return call.Errorf(-1, `invalid number of arguments in "worker_cpu_affinity" directive`)
		}
		c.auto = true
		first = 1
	}
	for n, m := range call.Args {
		if n < first {
			continue
		}
		if len(m.Text) > maxCPUs {
			return call.Errorf(n, `"worker_cpu_affinity" supports up to %d CPUs only`, maxCPUs)
		}
		for i := len(m.Text) - 1; i >= 0; i-- { // from the first CPU on
			if b := m.Text[i]; b != '0' && b != '1' && b != ' ' {
				return call.Errorf(n, `invalid character "%s" in "worker_cpu_affinity"`, m.Text[i:i+1])
			}
		}
	}
	return nil
}
