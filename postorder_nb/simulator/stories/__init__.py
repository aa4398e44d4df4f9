"""
What happens to a record, told step by step until now.

A story draws its outcome first and then walks there. `Story.step` writes one line of history, or
ends the story when its moment lies after now: so open records stand wherever now finds them.
"""

from __future__ import annotations

from .base import Story
from .cancellations import CancellationStory
from .cases import CaseStory
from .inquiries import InquiryStory
from .returns import ReturnStory

__all__ = ["CancellationStory", "CaseStory", "InquiryStory", "ReturnStory", "Story"]
