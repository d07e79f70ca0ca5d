// Command pack makes an image archive, as container runtimes import it, out of root file systems.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

const help = `Usage: pack -name NAME -out TAR [-layer TAR | -file FROM:TO]... [settings] -- ENTRYPOINT...

  -name NAME       the image's name, with a registry part and a tag
  -out TAR         the archive to write; it appears when it is whole
  -layer TAR       a layer, as a tar of a root file system
  -file FROM:TO    a program to put into a layer of its own, at TO
  -user UID:GID    who the container runs as
  -workdir PATH    where it starts
  -env NAME=VALUE  an environment variable
  -port PORT       a port that it listens on
`

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func main() {
	flag.Usage = func() { fmt.Fprint(os.Stderr, help) }
	var image Image
	var out string
	var layers, files, environment, ports list
	flag.StringVar(&image.Name, "name", "", "")
	flag.StringVar(&out, "out", "", "")
	flag.StringVar(&image.User, "user", "", "")
	flag.StringVar(&image.WorkingDir, "workdir", "/", "")
	flag.Var(&layers, "layer", "")
	flag.Var(&files, "file", "")
	flag.Var(&environment, "env", "")
	flag.Var(&ports, "port", "")
	flag.Parse()
	image.Layers, image.Files, image.Environment, image.Ports = layers, files, environment, ports
	image.Entrypoint = flag.Args()
	if image.Name == "" || out == "" || len(image.Entrypoint) == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := image.Write(out); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}
