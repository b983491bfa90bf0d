"""A study as one HTML page: the answer, figures, tables, sources, and how to repeat it.

The page is one file without any request to anywhere: styles, scripts, pictures and fonts
are in it, and its policy forbids the browser to fetch more.

Interactive charts are drawn by Chart.js 4 (MIT, 205 KiB, no dependencies, kept by its
community since 2013), which is in ``vendor/`` with its licence. Plotly would add 4.5 MB and
ECharts 1 MB to every page; uPlot (50 KiB) draws series over time well, but no stacked bars;
Vega and Bokeh bring a compiler or a runtime of 1 MB and more that nothing here needs. Tables
are sorted by a few lines of ``page.js``.
"""
