// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// peers CHECK DIRECTORY
//
// Makes one check as container runtimes make it, through their public interfaces, on a directory of its own
// below DIRECTORY, and prints how many nanoseconds the call took and what it answered. One check a process: two
// of them are remembered for as long as the process lives.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	containerd "github.com/containerd/containerd/snapshots/overlay/overlayutils"
	storagedrivers "github.com/containers/storage/drivers"
	storage "github.com/containers/storage/drivers/overlay"
	storageexec "github.com/containers/storage/pkg/reexec"
	"github.com/docker/docker/daemon/graphdriver/overlay2"
	"github.com/docker/docker/daemon/graphdriver/overlayutils"
	mobyexec "github.com/docker/docker/pkg/reexec"
)

// What a check prepares is not timed; what it returns is.
type check func(home, runRoot string) (timed func() (string, error), err error)

func answered(err error) (string, error) { return "yes", err }

var checks = map[string]check{
	"moby-supports-overlay": func(home, _ string) (func() (string, error), error) {
		return func() (string, error) { return answered(overlayutils.SupportsOverlay(home, true)) }, nil
	},
	"moby-init": func(home, _ string) (func() (string, error), error) {
		return func() (string, error) {
			_, err := overlay2.Init(home, nil, nil, nil)
			return answered(err)
		}, nil
	},
	// The native diff check alone.
	"moby-native-diff": func(home, _ string) (func() (string, error), error) {
		driver, err := overlay2.Init(home, nil, nil, nil)
		return func() (string, error) {
			for _, row := range driver.Status() {
				if row[0] == "Native Overlay Diff" {
					return row[1], nil
				}
			}
			return "", fmt.Errorf("Status has no Native Overlay Diff")
		}, err
	},
	"storage-supports-overlay": func(home, runRoot string) (func() (string, error), error) {
		return func() (string, error) {
			supported, err := storage.SupportsNativeOverlay(home, runHome(home, runRoot))
			return fmt.Sprint(supported), err
		}, nil
	},
	// With nothing recorded: the test mount, the metacopy check and the native diff check.
	"storage-init": func(home, runRoot string) (func() (string, error), error) {
		return func() (string, error) { return storageInit(home, runRoot) }, nil
	},
	// With the test mount recorded before: the metacopy check and the native diff check alone.
	"storage-pair": func(home, runRoot string) (func() (string, error), error) {
		supported, err := storage.SupportsNativeOverlay(home, runHome(home, runRoot))
		if err == nil && !supported {
			err = fmt.Errorf("SupportsNativeOverlay is false")
		}
		return func() (string, error) { return storageInit(home, runRoot) }, err
	},
	"containerd-supported": func(home, _ string) (func() (string, error), error) {
		return func() (string, error) { return answered(containerd.Supported(home)) }, nil
	},
	"containerd-multiple-lower": func(home, _ string) (func() (string, error), error) {
		return func() (string, error) { return answered(containerd.SupportsMultipleLowerDir(home)) }, nil
	},
	"containerd-userxattr": func(home, _ string) (func() (string, error), error) {
		return func() (string, error) {
			needed, err := containerd.NeedsUserXAttr(home)
			return fmt.Sprint(needed), err
		}, nil
	},
}

func runHome(home, runRoot string) string { return filepath.Join(runRoot, filepath.Base(home)) }

// The home is not made a mount of its own, so that nothing stays mounted.
func storageInit(home, runRoot string) (string, error) {
	_, err := storage.Init(home, storagedrivers.Options{
		RunRoot:       runRoot,
		DriverOptions: []string{"overlay.skip_mount_home=true"},
	})
	return answered(err)
}

func run(name, directory string) error {
	chosen, known := checks[name]
	if !known {
		names := make([]string, 0, len(checks))
		for each := range checks {
			names = append(names, each)
		}
		sort.Strings(names)
		return fmt.Errorf("unknown check '%s': one of %s", name, strings.Join(names, ", "))
	}
	home, err := os.MkdirTemp(directory, "peer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	runRoot, err := os.MkdirTemp("/dev/shm", "peer-run")
	if err != nil {
		return err
	}
	defer os.RemoveAll(runRoot)
	timed, err := chosen(home, runRoot)
	if err != nil {
		return err
	}
	began := time.Now()
	answer, err := timed()
	took := time.Since(began)
	if err != nil {
		return err
	}
	fmt.Println(took.Nanoseconds(), answer)
	return nil
}

func main() {
	if mobyexec.Init() || storageexec.Init() {
		return
	}
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peers CHECK DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}
