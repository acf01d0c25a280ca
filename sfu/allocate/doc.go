// Package allocate shares what one subscriber can receive among its slots: sound first, then the screen, then who
// speaks, then the rest in the order of the view, each with the highest layer that fits. It is a pure function: the
// caller keeps the few times that damp it (Memory) and tells it the time. Nothing allocates.
//
// Rates are in bits per second and count what the estimate counts; times are since any fixed moment.
package allocate
