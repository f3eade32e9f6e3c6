package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// clockTicks is the unit of the CPU times of /proc: 100 a second on every Linux that Go runs on.
const clockTicks = 100

// processTree is the ids of a process and all that descend from it.
func processTree(root int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range stats {
		fields, err := statFields(path)
		if err != nil {
			continue // it ended meanwhile
		}
		id, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], id)
	}
	tree := []int{root}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree, nil
}

// statFields are the fields of a /proc/ID/stat from the state on; those before hold the name, which may have blanks.
func statFields(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	fields := strings.Fields(string(content[bytes.LastIndexByte(content, ')')+1:]))
	if len(fields) < 15 {
		return nil, fmt.Errorf("%s: %d fields", path, len(fields))
	}
	return fields, nil
}

// cpuMilliseconds is the CPU time that a process and its descendants have used, those included that have ended and
// were waited for.
func cpuMilliseconds(root int) (float64, error) {
	tree, err := processTree(root)
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, id := range tree {
		fields, err := statFields(fmt.Sprintf("/proc/%d/stat", id))
		if err != nil {
			return 0, err
		}
		for _, field := range fields[11:15] { // utime, stime, and the same of children that were waited for
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, fmt.Errorf("/proc/%d/stat: %w", id, err)
			}
			ticks += n
		}
	}
	return float64(ticks) * 1000 / clockTicks, nil
}

// peakMiB is the most memory that a process has had in RAM at any moment.
func peakMiB(id int) (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(content), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, fmt.Errorf("/proc/%d/status names no VmHWM", id)
	}
	kib, err := strconv.Atoi(fields[0])
	return float64(kib) / 1024, err
}

// memoryMiB is the proportional set size of a process and its descendants: shared pages count once.
func memoryMiB(root int) (float64, error) {
	tree, err := processTree(root)
	if err != nil {
		return 0, err
	}
	kib := 0
	for _, id := range tree {
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", id))
		if err != nil {
			return 0, err
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		for lines.Scan() {
			if value, ok := strings.CutPrefix(lines.Text(), "Pss:"); ok {
				n, err := strconv.Atoi(strings.Fields(value)[0])
				if err != nil {
					return 0, fmt.Errorf("/proc/%d/smaps_rollup: %w", id, err)
				}
				kib += n
			}
		}
	}
	return float64(kib) / 1024, nil
}
