package configs

import (
	"slices"
	"strings"
)

// didYouMean names the known key that was likely meant, or says nothing.
func didYouMean(key string, known []string) string {
	slices.Sort(known)
	last := key[strings.LastIndexByte(key, '.')+1:]
	best, least := "", 1+max(2, len(last)/3)
	for _, k := range known {
		if d := distance(strings.ToLower(key), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" { // right name, wrong part
		for _, k := range known {
			if strings.EqualFold(k[strings.LastIndexByte(k, '.')+1:], last) {
				best = k
				break
			}
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance counts the bytes to insert, delete or replace to get from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
