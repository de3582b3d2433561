"""The page: Gradio's shell, the tabs in it, and the theme."""

import gradio as gr

from serving.desk import Desk, translate
from serving.tabs import analyse, batch, compare, models

FONT = ["IBM Plex Sans Arabic", "Noto Sans Arabic", "Segoe UI", "Tahoma", "system-ui", "sans-serif"]
QUEUE = 64
_TEAL = gr.themes.Color(
    "#f0f8fb",
    "#dcecf3",
    "#b9dae7",
    "#8cc3d8",
    "#7cc4e0",
    "#23799b",
    "#17607d",
    "#124c63",
    "#0e3d50",
    "#0b303f",
    "#08222d",
)


def build(desk: Desk) -> gr.Blocks:
    """Lay out the page over its services."""
    t = translate
    page = gr.Blocks(title="موجز · Mujaz", analytics_enabled=False)
    with page:
        with gr.Row(elem_id="masthead"):
            gr.Markdown(t("title_markdown"))
            other = gr.Button(t("other_language"), size="sm", elem_id="language")
            theme = gr.Button(t("theme"), size="sm", elem_id="theme")
        gr.Markdown(t("intro"), elem_classes="intro")
        with gr.Tabs():
            with gr.Tab(t("tab_analyse"), id="analyse"):
                analyse.add(desk)
            with gr.Tab(t("tab_compare"), id="compare"):
                compare.add(desk)
            with gr.Tab(t("tab_batch"), id="batch"):
                batch.add(desk)
            with gr.Tab(t("tab_models"), id="models") as tab:
                info = models.add(desk)
        other.click(None, js="() => window.mujaz.switchLanguage()", api_visibility="private")
        theme.click(None, js="() => window.mujaz.switchTheme()", api_visibility="private")
        text, data = (
            next(block for block in page.blocks.values() if getattr(block, "elem_id", None) == name)
            for name in ("text", "desk-data")
        )
        page.load(None, None, [text, data], js="() => window.mujaz.restore()", api_visibility="private")
        tab.select(None, info, js=models.DESCRIBE, api_visibility="private")
    page.queue(max_size=QUEUE, default_concurrency_limit=4)
    return page


def look() -> gr.themes.Base:
    """The theme: nothing of it is fetched from anywhere."""
    return gr.themes.Soft(
        primary_hue=_TEAL,
        secondary_hue=_TEAL,
        neutral_hue=gr.themes.colors.stone,
        font=FONT,
        font_mono=["ui-monospace", "monospace"],
    ).set(
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        block_info_text_color="#55605c",
        block_info_text_color_dark="#a3b0ab",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_background_fill="transparent",
        block_title_background_fill_dark="transparent",
        link_text_color="#17607d",
        link_text_color_dark="#7cc4e0",
        link_text_color_visited="#17607d",
        link_text_color_visited_dark="#7cc4e0",
        checkbox_border_color="#8b948f",
        checkbox_border_color_dark="#5c6a6c",
        checkbox_border_width="1px",
        input_border_width="1px",
        input_border_color="#8b948f",
        input_border_color_dark="#5c6a6c",
        button_secondary_border_color="#8b948f",
        button_secondary_border_color_dark="#5c6a6c",
        button_border_width="1px",
        block_label_text_color="#17607d",
        block_label_text_color_dark="#7cc4e0",
        block_title_text_color="#17607d",
        block_title_text_color_dark="#7cc4e0",
    )
