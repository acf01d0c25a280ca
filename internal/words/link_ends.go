package words

// linkEnds tell where the addresses of links end. All of them are found in one go from the end, so that no text takes more
// time than it has letters.
type linkEnds struct {
	letters []letter
	paren   []int // from each letter on, the parenthesis that closes an address without spaces; -1 for none
	space   []int // the next space, or the end
	next    map[rune][]int
}

func findLinkEnds(letters []letter) *linkEnds {
	n := len(letters)
	e := &linkEnds{letters: letters, paren: make([]int, n+1), space: make([]int, n+1), next: make(map[rune][]int)}
	e.paren[n], e.space[n] = -1, n
	for _, r := range `"')>` {
		e.next[r] = make([]int, n+1)
		e.next[r][n] = -1
	}
	for i := n - 1; i >= 0; i-- {
		r, after := letters[i].r, i+1
		if r == '\\' && after < n {
			after++
		}
		e.paren[i], e.space[i] = e.paren[after], e.space[after]
		for _, next := range e.next {
			next[i] = next[after]
		}
		if next := e.next[r]; next != nil {
			next[i] = i
		}
		switch r {
		case ' ':
			e.paren[i], e.space[i] = -1, i
		case ')':
			e.paren[i] = i
		case '(':
			if inner := e.paren[i+1]; inner >= 0 {
				e.paren[i] = e.paren[inner+1]
			}
		}
	}
	return e
}

// of is where the link ends whose address begins at i, which may have a title; -1 when it is none.
func (e *linkEnds) of(i int) int {
	if i = e.pastSpace(i); e.at(i) == '<' {
		if i = e.next['>'][i+1]; i < 0 {
			return -1
		}
		i++
	} else if e.paren[i] >= 0 {
		return e.paren[i]
	} else {
		i = e.space[i]
	}
	i = e.pastSpace(i)
	if quote := e.at(i); quote == '"' || quote == '\'' || quote == '(' {
		if quote == '(' {
			quote = ')'
		}
		if i = e.next[quote][i+1]; i < 0 {
			return -1
		}
		i = e.pastSpace(i + 1)
	}
	if e.at(i) != ')' {
		return -1
	}
	return i
}

func (e *linkEnds) at(i int) rune {
	if i >= len(e.letters) {
		return 0
	}
	return e.letters[i].r
}

func (e *linkEnds) pastSpace(i int) int {
	if e.at(i) == ' ' {
		i++
	}
	return i
}
