"""FerretDB for tests, from its Go module: with the index it lacks, and with users, which its embedded form does not support."""

import subprocess
import sys

VERSION = "v1.24.0"
MODULE = "github.com/FerretDB/FerretDB"
MAIN = """package main

import (
	"context"
	"log"
	"os"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener: ferretdb.ListenerConfig{
			TCP: os.Getenv("TCP"), TLS: os.Getenv("TLS"),
			TLSCertFile: os.Getenv("TLS_CHAIN"), TLSKeyFile: os.Getenv("TLS_KEY"),
		},
		Handler:   "sqlite",
		SQLiteURL: "file:" + os.Args[1] + "/",
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Run(context.Background()))
}
"""
USERS = """SetupDatabase: os.Getenv("USERS_DATABASE"), SetupUsername: os.Getenv("USERS_NAME"),
		SetupPassword: password.WrapPassword(os.Getenv("USERS_PASSWORD")), SetupTimeout: 10 * time.Second,
		TestOpts: registry.TestOpts{
			EnableNewAuth: os.Getenv("USERS_NAME") != "","""
MENDED = {
    # It asks for `_id` in other words than those of its index, and scans the whole collection for each document.
    "internal/backends/sqlite/metadata/metadata.go": {
        "DefaultColumn + \"->'$._id'\"": "DefaultColumn + \"->'_id'\"",
    },
    "ferretdb/ferretdb.go": {
        "import (\n": f'import (\n\t"os"\n\t"time"\n\n\t"{MODULE}/internal/util/password"\n',
        "TestOpts: registry.TestOpts{\n": f"{USERS}\n",
    },
}


def build(go, source, command):
    """Build `command` in the new folder `source`."""
    source.mkdir()
    (source / "main.go").write_text(MAIN)
    (source / "go.mod").write_text(f"module shopwright/ferretdb\n\ngo 1.22\n\nrequire {MODULE} {VERSION}\n")
    subprocess.run([go, "mod", "tidy"], check=True, cwd=source, stderr=subprocess.DEVNULL)
    found = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", MODULE], check=True, cwd=source, capture_output=True, text=True
    )
    subprocess.run(["cp", "-r", "--no-preserve=mode", found.stdout.strip(), source / "ferretdb"], check=True)
    for name, changes in MENDED.items():
        path = source / "ferretdb" / name
        text = path.read_text()
        for old, new in changes.items():
            if old not in text:
                sys.exit(f"FerretDB {VERSION} is not the one that is mended here: {name} has no {old!r}.")
            text = text.replace(old, new)
        path.write_text(text)
    subprocess.run([go, "mod", "edit", "-replace", f"{MODULE}=./ferretdb"], check=True, cwd=source)
    subprocess.run([go, "build", "-o", command, "."], check=True, cwd=source)
