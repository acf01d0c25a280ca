package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Markers of JPEG (ITU-T T.81, table B.1).
const (
	markerSOF0 = 0xc0 // to SOF2, which is progressive; the decoder reads no others
	markerSOF2 = 0xc2
	markerSOS  = 0xda
	markerAPP1 = 0xe1
)

// segments calls see with each segment before the pixels, until it is false.
func segments(data []byte, see func(marker byte, body []byte) bool) {
	for i := 2; i+4 <= len(data); {
		if data[i] != 0xff {
			i++ // the decoder, too, looks on for a marker
			continue
		}
		marker := data[i+1]
		if marker == 0xff || marker == 0 || marker >= 0xd0 && marker <= 0xd7 { // fill bytes, and markers without a segment
			i++
			continue
		}
		length := int(binary.BigEndian.Uint16(data[i+2:]))
		if marker == markerSOS || length < 2 || i+2+length > len(data) || !see(marker, data[i+4:i+2+length]) {
			return
		}
		i += 2 + length
	}
}

// jpegCost: the planes, as they are sampled; of a progressive picture also its coefficients, four bytes each; and with four
// components, or as plain RGB, a copy of four bytes a pixel.
func jpegCost(c image.Config, data []byte) int64 {
	samples, most, progressive := 3, 1, true // until the header is found, the worst
	segments(data, func(marker byte, body []byte) bool {
		if marker < markerSOF0 || marker > markerSOF2 || len(body) < 6 || len(body) < 6+3*int(body[5]) {
			return true
		}
		progressive, samples, most = marker == markerSOF2, 0, 1
		for i := range int(body[5]) { // T.81 B.2.2: of each component its id, sampling factors and table
			h, v := int(body[7+3*i]>>4), int(body[7+3*i]&15)
			samples, most = samples+h*v, max(most, h*v)
		}
		return false
	})
	pixels := int64(c.Width) * int64(c.Height)
	planes := pixels * int64(samples) / int64(most)
	if progressive {
		planes *= 5
	}
	return planes + 4*pixels
}

// jpegOrientation reads how the picture is turned, from 1 (not at all) to 8.
func jpegOrientation(data []byte) int {
	found := 1
	segments(data, func(marker byte, body []byte) bool {
		tiff, ok := bytes.CutPrefix(body, []byte("Exif\x00\x00"))
		if marker != markerAPP1 || !ok {
			return true
		}
		found = tiffOrientation(tiff)
		return false
	})
	return found
}

// tiffOrientation finds the tag in the first directory (TIFF 6.0, sections 2 and 8).
func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	if len(tiff) < 8 {
		return 1
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at > len(tiff)-2 {
		return 1
	}
	count := int(order.Uint16(tiff[at:]))
	for entry := tiff[at+2:]; count > 0 && len(entry) >= 12; count, entry = count-1, entry[12:] {
		const orientation = 0x0112
		if order.Uint16(entry) == orientation {
			if o := int(order.Uint16(entry[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}
