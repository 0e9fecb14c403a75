/* The style of pictures, for the <style> of an SVG or of a page that holds one. */
#ifndef LAMINA_VIEW_PICTURE_STYLE_H
#define LAMINA_VIEW_PICTURE_STYLE_H

extern const char PICTURE_STYLE[];

#endif
